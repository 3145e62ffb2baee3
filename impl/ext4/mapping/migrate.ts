import { fail } from '../../lib/errno.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';
import { MAX_BLOCKS } from '../extents/check-node.ts';
import { capacity, type Extent } from '../extents/node.ts';
import { findPath, rootOf } from '../extents/path.ts';
import { initExtentTree } from '../extents/root.ts';
import { splice } from '../extents/splice.ts';
import { treeBlocksOf } from '../extents/tree-blocks.ts';
import { TreeEdit } from '../extents/tree-edit.ts';
import { pointedBlocks, type PointedBlocks } from '../indirect/pointed-blocks.ts';
import { DIRECT_SLOTS } from '../indirect/shape.ts';
import { EXT4_EXTENTS_FL, EXT4_INLINE_DATA_FL, I_BLOCK_BYTES, type Inode } from '../inode/inode.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { INCOMPAT } from '../super/features.ts';

/**
 * A file changes the way in which i_block says where its blocks are (chattr +e and -e, fs/ext4/migrate.c). The caller holds
 * i_rwsem, and sees to it that nothing is delayed. Unlike the kernel's, a migration is one transaction, so that a crash
 * leaves the old map or the new one.
 */

/**
 * The extents of a file with indirect blocks go into a tree (ext4_ext_migrate). Fails with EINVAL where the file system
 * has no extents and for contents in the inode, ENOSPC also for a map that is too large for one transaction.
 */
export function* migrateToExtents(inode: Inode): Sleepable<void> {
  requireExtents(inode);
  if (inode.reservedBlocks > 0) fail('EAGAIN');
  yield* retryAfterCommit(inode.sb, () => toExtents(inode));
}

function requireExtents({ sb, flags }: Inode): void {
  if ((sb.features.incompat & INCOMPAT.extent) === 0) fail('EINVAL');
  if ((flags & EXT4_INLINE_DATA_FL) !== 0) fail('EINVAL');
}

function* toExtents(inode: Inode): Sleepable<void> {
  // Nobody changes the map: i_rwsem is held, and nothing waits for writeback.
  const old = yield* pointedBlocks(inode);
  const handle = yield* inode.sb.journal.start(toExtentsCredits(inode, old));
  inode.sb.fastCommits?.tracker.ineligible(handle.transaction.tid, 'map converted');
  try {
    yield* inode.dataLock.write();
    try {
      yield* replaceMap(handle, inode, old);
    } finally {
      inode.dataLock.unlockWrite();
    }
  } finally {
    yield* handle.stop();
  }
}

/** The inode, every block of the tree, and bitmaps and descriptors of all that comes and goes. */
function toExtentsCredits({ sb, blockSize }: Inode, { extents, indirect }: PointedBlocks): number {
  let nodes = 0;
  for (let entries = extents.length; entries > capacity(I_BLOCK_BYTES);) {
    entries = Math.ceil(entries / capacity(blockSize));
    nodes += entries;
  }
  const groups = Math.min(sb.geometry.groups, nodes + indirect.length);
  return 4 + nodes + 2 * groups;
}

function* replaceMap(handle: Handle, inode: Inode, { extents, indirect }: PointedBlocks): Sleepable<void> {
  const { sectors } = inode;
  const pointers = inode.data.slice();
  const edit = new TreeEdit(handle, inode, false);
  inode.flags |= EXT4_EXTENTS_FL;
  initExtentTree(inode);
  try {
    for (const extent of extents) {
      const path = yield* findPath(inode, extent.logical);
      yield* splice(edit, path, extent.logical, 'insert', [extent]);
    }
    for (const block of indirect) yield* edit.releaseBlock(block);
    edit.inodeChanged = true;
  } catch (error) {
    for (const block of yield* treeBlocksOf(inode)) yield* edit.releaseBlock(block);
    inode.flags &= ~EXT4_EXTENTS_FL;
    inode.data.set(pointers);
    inode.sectors = sectors;
    throw error;
  } finally {
    yield* edit.finish();
  }
}

/**
 * A small file in one written piece gets pointers in i_block (ext4_ind_migrate). Fails with EINVAL where the file system
 * has no extents, EOPNOTSUPP for all larger ones, with bigalloc, and on the iomap path, which knows extents only.
 */
export function* migrateToPointers(inode: Inode): Sleepable<void> {
  const { sb } = inode;
  requireExtents(inode);
  if (sb.geometry.clusterRatio > 1 || inode.bufferedIomap) fail('EOPNOTSUPP');
  const handle = yield* sb.journal.start(1);
  sb.fastCommits?.tracker.ineligible(handle.transaction.tid, 'map converted');
  try {
    yield* inode.dataLock.write();
    try {
      const only = onlyExtent(inode);
      inode.flags &= ~EXT4_EXTENTS_FL;
      inode.data.fill(0);
      for (let index = 0; index < (only?.length ?? 0); index++) {
        const slot = (only?.logical ?? 0) + index;
        inode.dataView.setUint32(slot * 4, (only?.physical ?? 0) + index, true);
      }
      yield* markInodeDirty(handle, inode);
    } finally {
      inode.dataLock.unlockWrite();
    }
  } finally {
    yield* handle.stop();
  }
}

/** The only extent of a file, which ends before the indirect blocks would begin; null when there is none. */
function onlyExtent(inode: Inode): Extent | null {
  const root = rootOf(inode);
  if (inode.sb.geometry.blocks > MAX_BLOCKS || root.depth > 0 || root.count > 1) fail('EOPNOTSUPP');
  if (root.count === 0) return null;
  const extent = root.extent(0);
  if (extent.unwritten || extent.logical + extent.length > DIRECT_SLOTS) fail('EOPNOTSUPP');
  return extent;
}
