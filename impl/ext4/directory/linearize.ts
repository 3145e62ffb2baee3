import type { Handle } from '../../jbd2/handle.ts';
import { Corruption } from '../../lib/corruption.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { DOT_DOT_OFFSET, entryIno, hasDots, initializeFirstBlock, initializeLeaf } from './block.ts';
import { isIndexBlock } from './index-block.ts';
import { becomeLeaf, directoryBlocks, readDirectoryBlock } from './io.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { EXT4_INDEX_FL, type Inode } from '../inode/inode.ts';

/**
 * Adding a name to an indexed directory needs its hash function. Until that exists, the directory is turned into a linear
 * one first, under the same handle: leaves stay, and every block of the index becomes an empty leaf.
 */

/** Blocks that linearize will change, so that the handle can be started with credits for them; 0 without an index. */
export function* linearizeCredits(dir: Inode): Sleepable<number> {
  if ((dir.flags & EXT4_INDEX_FL) === 0) return 0;
  return (yield* indexBlocks(dir)).length;
}

function* indexBlocks(dir: Inode): Sleepable<number[]> {
  const found: number[] = [];
  const blocks = directoryBlocks(dir);
  for (let logical = 0; logical < blocks; logical++) {
    const buffer = yield* readDirectoryBlock(dir, logical);
    if (isIndexBlock(dir, logical, buffer.data)) found.push(logical);
  }
  return found;
}

/** Drops the index; does nothing where there is none. */
export function* linearize(handle: Handle, dir: Inode): Sleepable<void> {
  if ((dir.flags & EXT4_INDEX_FL) === 0) return;
  for (const logical of yield* indexBlocks(dir)) yield* makeLeaf(handle, dir, logical);
  dir.flags &= ~EXT4_INDEX_FL;
  yield* markInodeDirty(handle, dir);
}

function* makeLeaf(handle: Handle, dir: Inode, logical: number): Sleepable<void> {
  const { hasChecksums } = dir.sb;
  const buffer = yield* readDirectoryBlock(dir, logical);
  if (logical === 0 && !hasDots(buffer.data, dir.ino)) {
    throw new Corruption(`block 0 of directory ${dir.ino}`, 'entries', 'others', '. and ..');
  }
  yield* handle.getWriteAccess(buffer);
  if (logical === 0) {
    initializeFirstBlock(buffer.data, dir.ino, entryIno(buffer.data, DOT_DOT_OFFSET), hasChecksums);
  } else {
    initializeLeaf(buffer.data, hasChecksums);
  }
  becomeLeaf(dir, buffer);
  handle.dirtyMetadata(buffer);
}
