import { fail } from '../../lib/errno.ts';
import { extendPages } from '../../mm/truncate.ts';
import { READY, type Sleepable } from '../../sched/sleepable.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';
import { zeroBeyondEnd } from '../data/write-checks.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { EXT4_EXTENTS_FL, type Inode } from '../inode/inode.ts';
import { honourSync } from '../inode/sync-flags.ts';
import { mapCredits } from '../mapping/block-map.ts';
import { mapBlocks, type BlockMapping, type MapMode } from '../mapping/map-blocks.ts';

/** Blocks that one handle maps at most: no run is longer (EXT_UNWRITTEN_MAX_LEN). */
const RUN_BLOCKS_MAX = 32767;

/** Bytes of a file that fallocate(2) is about. */
export interface ByteRange {
  readonly offset: number;
  /** Byte behind the last one. */
  readonly end: number;
}

/** Files with indirect blocks have no unwritten blocks, and cannot be shifted. Fails with EOPNOTSUPP. */
export function requireExtents(inode: Inode): void {
  if ((inode.flags & EXT4_EXTENTS_FL) === 0) fail('EOPNOTSUPP');
}

/** Bytes: the size that the file will get, or null when it keeps its own. */
export const newSizeOf = (inode: Inode, { end }: ByteRange, keepsSize: boolean): number | null =>
  !keepsSize && (end > inode.size || end > inode.diskSize) ? end : null;

/** ext4_do_fallocate(): every block of the range has a place afterwards, and reads as it did. Under i_rwsem. */
export function* allocateRange(inode: Inode, range: ByteRange, keepsSize: boolean): Sleepable<void> {
  requireExtents(inode);
  const newSize = newSizeOf(inode, range, keepsSize);
  const oldSize = inode.size;
  const zeroes = !inode.mapping.faults.has('fallocate-keeps-stored-tail');
  if (zeroes && newSize !== null && newSize > oldSize) yield* zeroBeyondEnd(inode, newSize);
  if (newSize !== null && inode.mapping.faults.has('fallocate-moves-size-first'))
    yield* growTo(inode, newSize);
  yield* allocateBlocks(inode, range, newSize, 'create-unwritten');
  if (zeroes && inode.size > oldSize) yield* extendPages(inode.mapping, oldSize, inode.size);
}

/**
 * ext4_alloc_file_blocks(): the blocks that the range touches get places as `mode` says, run by run, each in a handle of its
 * own, after which `placed` is run. The file grows with them, up to `newSize`. Fails with ENOSPC: the runs before stay.
 */
export function* allocateBlocks(
  inode: Inode,
  { offset, end }: ByteRange,
  newSize: number | null,
  mode: Extract<MapMode, 'create-unwritten' | 'make-unwritten'>,
  placed: (mapping: BlockMapping) => Sleepable<void> = () => READY,
): Sleepable<void> {
  const { blockSize, sb } = inode;
  const last = Math.ceil(end / blockSize);
  for (let block = Math.floor(offset / blockSize); block < last;) {
    const first = block;
    const mapping = yield* retryAfterCommit(sb, () => allocateRun(inode, first, last, newSize, mode));
    yield* placed(mapping);
    block = mapping.logical + mapping.length;
  }
}

function* allocateRun(
  inode: Inode,
  first: number,
  last: number,
  newSize: number | null,
  mode: MapMode,
): Sleepable<BlockMapping> {
  const length = Math.min(last - first, RUN_BLOCKS_MAX);
  const handle = yield* inode.sb.journal.start(mapCredits(inode, length));
  try {
    const mapping = yield* mapBlocks(handle, inode, first, length, mode);
    const next = mapping.logical + mapping.length;
    if (newSize !== null) yield* growTo(inode, Math.min(newSize, next * inode.blockSize));
    yield* markInodeDirty(handle, inode);
    inode.syncTid = inode.dataSyncTid = handle.transaction.tid;
    honourSync(handle, inode);
    return mapping;
  } finally {
    yield* handle.stop();
  }
}

/** ext4_update_inode_size(): neither size ever shrinks. */
export function* growTo(inode: Inode, size: number): Sleepable<void> {
  yield* inode.dataLock.write();
  inode.size = Math.max(inode.size, size);
  if (!inode.sb.options.faults.has('fallocate-forgets-disk-size'))
    inode.diskSize = Math.max(inode.diskSize, size);
  inode.dataLock.unlockWrite();
}
