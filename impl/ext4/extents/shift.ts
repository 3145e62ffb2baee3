import { fail } from '../../lib/errno.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { ensureCredits } from '../mapping/release-blocks.ts';
import { MAX_BLOCKS } from './check-node.ts';
import { without } from './remove-range.ts';
import { findPath, leafOf, nextKey, type Path } from './path.ts';
import { correctKeys, mergeable, splice } from './splice.ts';
import { TreeEdit } from './tree-edit.ts';

/**
 * Extents get other logical blocks and stay where they are on the device (ext4_ext_shift_extents). The caller holds dataLock
 * for writing, and has the extent status forget what moves. Leaf by leaf: when the handle's credits run out it is restarted,
 * and dataLock let go meanwhile; a crash there leaves a sound tree with only some of the leaves moved, as the kernel's does.
 */

/** Of the inode and the superblock, which a restart writes. */
const INODE_CREDITS = 2;

/** What begins at block `start` or later moves `distance` blocks towards the beginning, where a hole makes room for it. */
export function* shiftLeft(handle: Handle, inode: Inode, start: number, distance: number): Sleepable<void> {
  const edit = new TreeEdit(handle, inode, true);
  try {
    for (let next = start; next < MAX_BLOCKS;) {
      const path = yield* findPath(inode, next);
      const { node, slot } = leafOf(path);
      const first = slot >= 0 && node.key(slot) >= next ? slot : slot + 1;
      if (first === node.count) {
        next = nextKey(path);
        continue;
      }
      if (yield* makeRoomInHandle(edit, path)) continue;
      const last = node.extent(node.count - 1);
      yield* moveSlots(edit, path, first, -distance);
      joinAt(edit, path, first);
      next = last.logical + last.length;
    }
  } finally {
    yield* edit.finish();
  }
}

/**
 * What begins at block `start` or later moves `distance` blocks away from it; no extent goes across `start` (`splitAt`). Fails
 * with EINVAL, before anything has changed, where the last one would leave the largest file.
 */
export function* shiftRight(handle: Handle, inode: Inode, start: number, distance: number): Sleepable<void> {
  const edit = new TreeEdit(handle, inode, true);
  const { node: lastLeaf, slot: lastSlot } = leafOf(yield* findPath(inode, MAX_BLOCKS - 1));
  if (lastSlot < 0) return;
  const last = lastLeaf.extent(lastSlot);
  const room = MAX_BLOCKS - (last.logical + last.length);
  if (distance > room && !inode.mapping.faults.has('insert-passes-last-block')) fail('EINVAL');
  try {
    for (let end = MAX_BLOCKS; end > start;) {
      const path = yield* findPath(inode, end - 1);
      const { node, slot } = leafOf(path);
      const missesFirst = inode.mapping.faults.has('insert-misses-first-extent');
      if (slot < 0 || node.key(slot) < start || (missesFirst && node.key(slot) === start)) break;
      if (yield* makeRoomInHandle(edit, path)) continue;
      const first = node.key(0) >= start ? 0 : node.search(start - 1) + 1;
      end = node.key(first);
      yield* moveSlots(edit, path, first, distance);
    }
  } finally {
    yield* edit.finish();
  }
}

/** An extent that goes across the border before block `at` becomes two (ext4_split_extent_at). Fails with ENOSPC. */
export function* splitAt(handle: Handle, inode: Inode, at: number): Sleepable<void> {
  const path = yield* findPath(inode, at);
  const { node, slot } = leafOf(path);
  if (slot < 0) return;
  const extent = node.extent(slot);
  const end = extent.logical + extent.length;
  if (extent.logical === at || end <= at) return;
  const edit = new TreeEdit(handle, inode, true);
  try {
    const pieces = [...without(extent, at, end), ...without(extent, extent.logical, at)];
    yield* splice(edit, path, at, 'split', pieces);
  } finally {
    yield* edit.finish();
  }
}

/** Enough credits to move the extents of one leaf; answers whether the path may be old now. */
function* makeRoomInHandle(edit: TreeEdit, path: Path): Sleepable<boolean> {
  const { handle, inode } = edit;
  const restarted = yield* ensureCredits(edit, path.length + INODE_CREDITS);
  // What moves cannot be told in a fast commit, whatever transaction it happens in.
  inode.sb.fastCommits?.tracker.ineligible(handle.transaction.tid, 'range shifted');
  return restarted;
}

/** Moves the extents from slot `first` of the leaf on; the index entries above follow. */
function* moveSlots(edit: TreeEdit, path: Path, first: number, by: number): Sleepable<void> {
  const { node } = leafOf(path);
  yield* edit.accessFrom(path, first === 0 ? 0 : path.length - 1);
  for (let slot = first; slot < node.count; slot++) node.setKey(slot, node.key(slot) + by);
  edit.dirty(node);
  if (first === 0) correctKeys(edit, path, path.length - 1);
}

/** The extent at slot `first` may continue the one before it now (ext4_ext_try_to_merge_right). */
function joinAt(edit: TreeEdit, path: Path, first: number): void {
  const { node } = leafOf(path);
  if (first === 0) return;
  const left = node.extent(first - 1);
  const right = node.extent(first);
  if (!mergeable(left, right)) return;
  node.setExtent(first - 1, { ...left, length: left.length + right.length });
  node.resize(first, 1, 0);
  edit.dirty(node);
}
