import type { Sleepable } from '../../sched/sleepable.ts';
import { zeroBeyondEnd } from '../data/write-checks.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import type { Inode } from '../inode/inode.ts';
import { honourSync } from '../inode/sync-flags.ts';
import { punchDelayed } from '../mapping/reservation.ts';
import { allocateBlocks, newSizeOf, requireExtents, type ByteRange } from './allocate.ts';
import { dropWholeBlocks, recordSizeBefore, wholeBlocks, zeroPartialBlocks } from './discard-range.ts';

/** Makes zeros of whole blocks, and the file longer with them, up to `newSize`. */
type ZeroWhole = (inode: Inode, whole: ByteRange, newSize: number | null) => Sleepable<void>;

/** Unwritten blocks read as zeros, and nothing need be written. */
export const makeUnwritten: ZeroWhole = (inode, whole, newSize) =>
  allocateBlocks(inode, whole, newSize, 'make-unwritten');

/**
 * ext4_zero_range(): the range reads as zeros and has places; `zeroWhole` makes zeros of its whole blocks, of which the cache
 * holds nothing. Under i_rwsem and invalidate_lock. Fails with EOPNOTSUPP, ENOSPC, EIO.
 */
export function* zeroRange(
  inode: Inode,
  range: ByteRange,
  keepsSize: boolean,
  zeroWhole: ZeroWhole,
): Sleepable<void> {
  requireExtents(inode);
  const newSize = newSizeOf(inode, range, keepsSize);
  if (newSize !== null && newSize > inode.size) yield* zeroBeyondEnd(inode, newSize);
  const { blockSize } = inode;
  const partial = range.offset % blockSize !== 0 || range.end % blockSize !== 0;
  const allocates = partial && !inode.mapping.faults.has('zero-range-allocates-whole-blocks-only');
  if (allocates) yield* allocateBlocks(inode, range, newSize, 'create-unwritten');
  yield* recordSizeBefore(inode, range);
  yield* dropWholeBlocks(inode, range);
  const { first, end } = wholeBlocks(inode, range);
  if (first < end) {
    const whole = { offset: first * blockSize, end: end * blockSize };
    try {
      yield* zeroWhole(inode, whole, newSize);
    } catch (error) {
      // Linux keeps what the blocks that are left were promised until the inode leaves memory, though nobody has anything to write there.
      yield* punchDelayed(inode, first, end - first);
      throw error;
    }
  }
  if (partial) yield* zeroEdges(inode, range);
}

function* zeroEdges(inode: Inode, range: ByteRange): Sleepable<void> {
  yield* zeroPartialBlocks(inode, range);
  const handle = yield* inode.sb.journal.start(1);
  try {
    yield* markInodeDirty(handle, inode);
    inode.syncTid = inode.dataSyncTid = handle.transaction.tid;
    honourSync(handle, inode);
  } finally {
    yield* handle.stop();
  }
}
