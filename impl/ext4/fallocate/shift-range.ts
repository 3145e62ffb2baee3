import { fail } from '../../lib/errno.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { writeAndCheck } from '../../mm/filemap.ts';
import { PAGE_BYTES, pageIndex } from '../../mm/page.ts';
import { unmapPages } from '../../mm/reverse-map.ts';
import { truncateCache } from '../../mm/truncate.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { MAX_BLOCKS } from '../extents/check-node.ts';
import { removeRange } from '../extents/remove-range.ts';
import { shiftLeft, shiftRight, splitAt } from '../extents/shift.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import type { Inode } from '../inode/inode.ts';
import { honourSync } from '../inode/sync-flags.ts';
import { forget } from '../mapping/reservation.ts';
import { truncateCredits } from '../mapping/truncate-blocks.ts';
import { requireExtents, type ByteRange } from './allocate.ts';

/** What lies behind a range of a file moves, without being copied. Under i_rwsem and invalidate_lock. */

/**
 * ext4_collapse_range(): the range leaves the file, and what lies behind it follows what lies before it. Fails with EINVAL for
 * what is not whole clusters, or reaches the end of the file; EOPNOTSUPP without extents; EIO when data was lost.
 */
export function* collapseRange(inode: Inode, range: ByteRange): Sleepable<void> {
  requireWholeClusters(inode, range);
  const { offset, end } = range;
  if (end >= inode.size) fail('EINVAL');
  const start = startInCache(inode, offset);
  if (start < offset) yield* writeAndCheck(inode.mapping, start, offset);
  yield* writeAndCheck(inode.mapping, end, Infinity);
  yield* leaveCache(inode, offset, start);
  const first = offset / inode.blockSize;
  const last = end / inode.blockSize;
  yield* whileShifting(inode, first, function* (handle) {
    yield* removeRange(handle, inode, first, last);
    yield* shiftLeft(handle, inode, last, last - first);
    inode.size -= end - offset;
    inode.diskSize = inode.size;
  });
}

/**
 * ext4_insert_range(): a hole of the range's length comes between what lies before its first byte and what lies behind. Fails
 * with EINVAL for what is not whole clusters, begins behind the last byte, or would move blocks out of the largest file: the
 * file has its new size then, as in Linux 6.18. EFBIG, EOPNOTSUPP, EIO as elsewhere.
 */
export function* insertRange(inode: Inode, range: ByteRange): Sleepable<void> {
  requireWholeClusters(inode, range);
  const { offset, end } = range;
  const length = end - offset;
  if (offset >= inode.size) fail('EINVAL');
  if (length > inode.sb.maxFileBytes - inode.size) fail('EFBIG');
  const start = startInCache(inode, offset);
  yield* writeAndCheck(inode.mapping, start, Infinity);
  yield* leaveCache(inode, offset, start);
  const first = offset / inode.blockSize;
  yield* whileShifting(inode, first, function* (handle) {
    inode.size += length;
    inode.diskSize += length;
    yield* splitAt(handle, inode, first);
    yield* shiftRight(handle, inode, first, length / inode.blockSize);
  });
}

/** Where the cache must be empty from: a folio that reaches across `offset` goes as a whole, once what it holds is written. */
function startInCache({ mapping }: Inode, offset: number): number {
  if (mapping.faults.has('shift-keeps-folio-across-start')) return offset;
  if (mapping.faults.has('shift-rounds-cache-up')) return Math.ceil(offset / PAGE_BYTES) * PAGE_BYTES;
  const start = offset - (offset % PAGE_BYTES);
  return Math.min(start, mapping.find(pageIndex(start))?.position ?? start);
}

/**
 * Nothing from `start` on stays in the cache, and no mapping shows it. The copies of private mappings go with the pages from
 * `offset` on, though the folio begins before it (truncate_pagecache).
 */
function leaveCache({ mapping }: Inode, offset: number, start: number): Sleepable<void> {
  if (mapping.areas !== null) unmapPages(mapping, pageIndex(offset), Infinity, true);
  return truncateCache(mapping, start);
}

function requireWholeClusters(inode: Inode, { offset, end }: ByteRange): void {
  requireExtents(inode);
  const clusterBytes = inode.sb.geometry.clusterRatio * inode.blockSize;
  if (offset % clusterBytes !== 0 || end % clusterBytes !== 0) fail('EINVAL');
}

/** One handle, dataLock, and nothing known in memory of the blocks from `first` on, while their places change. */
function* whileShifting(
  inode: Inode,
  first: number,
  change: (handle: Handle) => Sleepable<void>,
): Sleepable<void> {
  const { sb } = inode;
  const handle = yield* sb.journal.start(truncateCredits(inode));
  sb.fastCommits?.tracker.ineligible(handle.transaction.tid, 'range shifted');
  const forgetsEarly = inode.mapping.faults.has('shift-forgets-before-locking');
  try {
    if (forgetsEarly) forget(inode, first, MAX_BLOCKS);
    yield* inode.dataLock.write();
    try {
      sb.blockAllocator.discardPreallocation(inode);
      if (!forgetsEarly) forget(inode, first, MAX_BLOCKS);
      yield* change(handle);
    } finally {
      // dataLock may have been let go in between, and a reader may have learnt what was true then.
      if (!forgetsEarly) forget(inode, first, MAX_BLOCKS);
      inode.dataLock.unlockWrite();
    }
  } finally {
    yield* markInodeDirty(handle, inode);
    inode.syncTid = inode.dataSyncTid = handle.transaction.tid;
    sb.fastCommits?.tracker.ineligible(handle.transaction.tid, 'range shifted');
    honourSync(handle, inode);
    yield* handle.stop();
  }
}
