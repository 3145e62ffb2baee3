import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { MAX_BLOCKS } from '../extents/check-node.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { isFastSymlink } from '../inode/fast-symlink.ts';
import { EXT4_INLINE_DATA_FL, isDirectory, isRegular, isSymlink, type Inode } from '../inode/inode.ts';
import { honourSync } from '../inode/sync-flags.ts';
import { blockMapOf, mapCredits } from './block-map.ts';
import { forget, recordHole } from './reservation.ts';

/**
 * Frees all blocks beyond inode.size, rounded up, delayed ones included (ext4_truncate without zeroing part of the last
 * block, which the caller has done). Takes its handles and dataLock itself; the caller holds no handle, and has taken the
 * folios beyond the size out of the page cache. From the first handle on the inode is among the orphans, so that after a
 * crash in the middle recovery goes on; an inode without links stays there for who frees it. inode.diskSize comes down
 * to inode.size. Times are the caller's business. Fails with EIO, or ENOSPC never.
 */
export function* truncateBlocks(inode: Inode): Sleepable<void> {
  const { sb } = inode;
  if (!canHaveBlocks(inode)) return;
  if (inode.preallocation !== null) sb.blockAllocator.discardPreallocation(inode);
  const from = Math.ceil(inode.size / sb.geometry.blockSize);
  if (inode.orphan === null && hasNothingBeyond(inode, inode.size)) return yield* forgetDelayed(inode, from);
  const handle = yield* sb.journal.start(truncateCredits(inode));
  try {
    yield* sb.orphans.add(handle, inode);
    inode.diskSize = Math.min(inode.diskSize, inode.size);
    yield* markInodeDirty(handle, inode);
    yield* forgetAndRemove(handle, inode, from, MAX_BLOCKS);
    if (inode.links > 0) yield* sb.orphans.remove(handle, inode);
    yield* markInodeDirty(handle, inode);
  } finally {
    yield* handle.stop();
  }
}

/**
 * Is it known, without looking at its map, that no block beyond `size` has a place? Promised ones may be there: they go
 * without a handle.
 */
export function hasNothingBeyond(inode: Inode, size: number): boolean {
  if (inode.diskSize > inode.size) return false;
  if (inode.sectors === 0 && canHaveBlocks(inode)) return true;
  return inode.extentStatus.knownUnmapped(Math.ceil(size / inode.sb.geometry.blockSize), MAX_BLOCKS);
}

function* forgetDelayed(inode: Inode, from: number): Sleepable<void> {
  // With bigalloc delayed blocks beside a mapped one are promised nothing.
  if (inode.reservedBlocks === 0 && inode.promisedClusters === null) return;
  yield* inode.dataLock.write();
  try {
    forget(inode, from, MAX_BLOCKS);
  } finally {
    inode.dataLock.unlockWrite();
  }
}

/** ext4_can_truncate: i_block of a fast symlink, a device or a pipe says nothing about blocks, nor do inline contents. */
function canHaveBlocks(inode: Inode): boolean {
  const { mode, flags } = inode;
  if ((flags & EXT4_INLINE_DATA_FL) !== 0) return false;
  return isRegular(mode) || isDirectory(mode) || (isSymlink(mode) && !isFastSymlink(inode));
}

/**
 * Frees the blocks `from` .. `to - 1`, delayed ones included, in handles of its own (the middle of ext4_punch_hole). A crash
 * in the middle leaves the hole half made: each part is sound. Fails with ENOSPC before
 * anything mapped has changed.
 */
export function* removeBlocks(inode: Inode, from: number, to: number): Sleepable<void> {
  const { journal, blockAllocator } = inode.sb;
  if (inode.preallocation !== null) blockAllocator.discardPreallocation(inode);
  const handle = yield* journal.start(truncateCredits(inode));
  try {
    yield* forgetAndRemove(handle, inode, from, to);
    yield* markInodeDirty(handle, inode);
    inode.syncTid = inode.dataSyncTid = handle.transaction.tid;
    honourSync(handle, inode);
  } finally {
    yield* handle.stop();
  }
}

/** Credits of the first handle: one run, the orphan list or file (2), and the inode again. */
export const truncateCredits = (inode: Inode): number => mapCredits(inode, 1) + 4;

function* forgetAndRemove(handle: Handle, inode: Inode, from: number, to: number): Sleepable<void> {
  if (from >= to) return;
  const { options } = inode.sb;
  const fastCommits = options.faults.has('fast-commit-forgets-truncate') ? null : inode.sb.fastCommits;
  fastCommits?.tracker.mapChanged(handle, inode, from, to);
  yield* inode.dataLock.write();
  try {
    // First, so that nobody is given a mapping to blocks that are about to go.
    forget(inode, from, to);
    yield* blockMapOf(inode).removeRange(handle, inode, from, to);
    // dataLock may have been let go in between, and a reader may have learnt what was then still there.
    recordHole(inode, from, to);
    // The handle may have gone on in another transaction.
    fastCommits?.tracker.mapChanged(handle, inode, from, to);
  } catch (error) {
    forget(inode, from, to);
    throw error;
  } finally {
    inode.dataLock.unlockWrite();
  }
}
