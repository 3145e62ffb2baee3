import type { BufferHead } from '../../buffer/buffer-head.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { present } from '../../lib/assert.ts';
import { Corruption } from '../../lib/corruption.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { entryLength, entryName, entryOffsets, fillLeaf, initializeLeaf } from './block.ts';
import type { IndexFrame } from './index-frame.ts';
import { appendDirectoryBlock, directoryBlocks, leafSeal } from './io.ts';

/** An entry of a leaf that is split (struct dx_map_entry). */
interface HashedEntry {
  readonly major: number;
  /** Bytes in the block. */
  readonly offset: number;
  /** Bytes with slack. */
  readonly length: number;
}

/**
 * Splits a leaf by hash (do_split): the names with the larger hashes go to a new block, for which `frame` has room behind
 * the leaf's entry. Answers the half for names with hash `major`, in which any name has room. Fails with ENOSPC before
 * anything has changed.
 */
export function* splitLeaf(
  handle: Handle,
  dir: Inode,
  frame: IndexFrame,
  version: number,
  leaf: BufferHead,
  major: number,
): Sleepable<BufferHead> {
  const { hasChecksums } = dir.sb;
  const entries = sortedEntries(dir, version, leaf.data);
  const split = splitIndex(entries, leaf.data.length);
  if (split === 0) throw new Corruption(`directory ${dir.ino}`, 'entries of a leaf', entries.length, 'two');
  const logical = directoryBlocks(dir);
  const upper = yield* appendDirectoryBlock(handle, dir, leafSeal(dir), (data) => {
    initializeLeaf(data, hasChecksums);
  });
  yield* handle.getWriteAccess(leaf);
  yield* handle.getWriteAccess(frame.buffer);
  const source = leaf.data.slice();
  const offsets = (part: readonly HashedEntry[]): number[] => part.map(({ offset }) => offset);
  fillLeaf(upper.data, source, offsets(entries.slice(split)), hasChecksums);
  // What stays keeps its order in the block.
  const staying = offsets(entries.slice(0, split)).sort((left, right) => left - right);
  fillLeaf(leaf.data, source, staying, hasChecksums);
  leaf.cached = null;
  const first = present(entries[split], 'entry').major;
  const continued = present(entries[split - 1], 'entry').major === first ? 1 : 0;
  frame.insertAfter(first + continued, logical);
  handle.dirtyMetadata(leaf);
  handle.dirtyMetadata(frame.buffer);
  return major >= first ? upper : leaf;
}

function sortedEntries(dir: Inode, version: number, data: Uint8Array): HashedEntry[] {
  const { directoryHash } = dir.sb;
  return entryOffsets(data, 0)
    .map((offset) => ({
      major: directoryHash.of(version, entryName(data, offset)).major,
      offset,
      length: entryLength(data, offset),
    }))
    .sort((left, right) => left.major - right.major);
}

/** How many of the entries stay: so many that what goes, slack included, fills at most half a block. */
function splitIndex(entries: readonly HashedEntry[], blockSize: number): number {
  let bytes = 0;
  for (let index = entries.length - 1; index >= 0; index--) {
    const { length } = present(entries[index], 'entry');
    if (bytes + length / 2 > blockSize / 2) return index + 1;
    bytes += length;
  }
  return Math.floor(entries.length / 2);
}
