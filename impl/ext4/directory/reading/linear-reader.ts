import type { Sleepable } from '../../../sched/sleepable.ts';
import type { Inode } from '../../inode/inode.ts';
import { isInline } from '../../inline/inline-data.ts';
import { inlineAsBlock } from '../../inline/inline-directory.ts';
import { entryIno, entryLength } from '../block.ts';
import { directoryBlocks, holeBlocks, scanDirectoryBlock } from '../io.ts';
import { cookieOfOffset, offsetOfCookie, type DirectoryCookie } from './cookie.ts';
import type { Emit } from './reader.ts';

/** Reads a directory in the order of its bytes (ext4_readdir without an index); positions are byte offsets. */
export class LinearReader {
  /** The directory's version when the position was found to be the start of an entry. */
  #version = 0;

  /** Anybody may have chosen the position: it is looked at before it is used. */
  reset(): void {
    this.#version = 0;
  }

  /** From `position` on, as long as `emit` takes entries. Answers the position reached. */
  *read(dir: Inode, position: DirectoryCookie, emit: Emit): Sleepable<DirectoryCookie> {
    const { blockSize } = dir.sb.geometry;
    const inline = isInline(dir) ? yield* inlineAsBlock(dir) : null;
    const blocks = inline === null ? directoryBlocks(dir) : 1;
    let offset = offsetOfCookie(position);
    while (offset < blocks * blockSize) {
      const logical = Math.floor(offset / blockSize);
      const data = inline ?? (yield* scanDirectoryBlock(dir, logical, blocks - logical))?.data;
      if (data === undefined) {
        offset = (logical + holeBlocks(dir, logical, blocks)) * blockSize;
        continue;
      }
      let at = offset % blockSize;
      if (this.#version !== dir.version) at = entryStart(data, at);
      this.#version = dir.version;
      for (; at < blockSize; at += entryLength(data, at)) {
        const place = cookieOfOffset(logical * blockSize + at);
        if (entryIno(data, at) !== 0 && !emit(data, at, place.high, place.low)) return place;
      }
      offset = (logical + 1) * blockSize;
    }
    return cookieOfOffset(offset);
  }
}

/** The first entry that starts at `offset` or after it: the one that was there may be part of another now. */
function entryStart(data: Uint8Array, offset: number): number {
  let at = 0;
  while (at < offset) at += entryLength(data, at);
  return at;
}
