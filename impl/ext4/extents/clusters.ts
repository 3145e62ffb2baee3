import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { MAX_BLOCKS } from './check-node.ts';
import { findPath, leafOf, nextKey, type Path } from './path.ts';

/**
 * With bigalloc the blocks of a file's cluster (as many blocks, from a multiple of that many on) lie in one cluster of the
 * device, each at its place in it, whatever extents map them. These questions all answer the trivial thing without.
 */

/**
 * Where block `logical`, a hole at the end of `path`, must lie because another block of its cluster is mapped
 * (get_implied_cluster_alloc); null when none is.
 */
export function* impliedPlace(inode: Inode, path: Path, logical: number): Sleepable<number | null> {
  const { clusterRatio } = inode.sb.geometry;
  if (clusterRatio === 1) return null;
  const first = logical - (logical % clusterRatio);
  const { node, slot } = leafOf(path);
  if (slot >= 0) {
    const left = node.extent(slot);
    if (left.logical + left.length > first) return left.physical + logical - left.logical;
  }
  if (nextMapped(inode, path) >= first + clusterRatio) return null;
  const { node: leaf, slot: last } = leafOf(yield* findPath(inode, first + clusterRatio - 1));
  const right = leaf.extent(last);
  return right.physical + logical - right.logical;
}

/** First logical block of what follows the path's leaf entry; when nothing does, the end of the largest file's last cluster. */
export function nextMapped(inode: Inode, path: Path): number {
  const { clusterRatio } = inode.sb.geometry;
  const next = nextKey(path);
  // The largest file is one block short of whole clusters.
  return next === MAX_BLOCKS ? Math.ceil(MAX_BLOCKS / clusterRatio) * clusterRatio : next;
}

/** Is a block of [from, to) mapped? The caller holds dataLock. */
export function* isMappedWithin(inode: Inode, from: number, to: number): Sleepable<boolean> {
  const { node, slot } = leafOf(yield* findPath(inode, to - 1));
  if (slot < 0) return false;
  const extent = node.extent(slot);
  return extent.logical + extent.length > from;
}

/** A hole from `logical` on that a mapped block follows at `next`: how much of it lies in no cluster that `next` is in. */
export function beforeClusterOf(inode: Inode, logical: number, next: number): number {
  return next - (next % inode.sb.geometry.clusterRatio) - logical;
}
