import { assert } from '../../lib/assert.ts';
import { fail } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { MAX_BLOCKS } from '../extents/check-node.ts';
import type { Inode } from '../inode/inode.ts';
import { blockMapOf } from './block-map.ts';
import { NOWHERE, type StatusExtent } from './extent-status.ts';
import { mapBlocks } from './map-blocks.ts';

/**
 * Promises of space to delayed blocks. Without bigalloc every delayed block has one of its own. With it a cluster has one
 * for all its delayed blocks, and none while a block of it is mapped, because then they will lie in that block's cluster
 * (`inode.promisedClusters`; the kernel's pending reservations are the clusters that have delayed and mapped blocks).
 */

/**
 * Promises a place to `length` blocks from `logical` on (ext4_insert_delayed_blocks). The caller has looked the range up,
 * and all of its clusters (`clustersKnown`): the extent status knows each block as a hole, or as delayed already, which
 * then costs nothing again. Fails with ENOSPC before anything has changed; what costs nothing cannot fail, though less than nothing
 * be free, because metadata took of what is kept back.
 */
export function reserveDelayed(inode: Inode, logical: number, length: number): void {
  const { extentStatus, sb, promisedClusters } = inode;
  const { promiseBlocks } = blockMapOf(inode);
  let fresh: number;
  if (promisedClusters === null) {
    fresh = length - extentStatus.countDelayed(logical, logical + length);
    if (fresh > 0 && !sb.freeSpace.has(fresh * promiseBlocks, false)) fail('ENOSPC');
  } else {
    const clusters = unpromisedClusters(inode, promisedClusters, logical, length);
    fresh = clusters.length;
    const leaks = inode.mapping.faults.has('failed-promise-keeps-clusters');
    if (leaks) for (const cluster of clusters) promisedClusters.add(cluster);
    if (fresh > 0 && !sb.freeSpace.has(fresh, false)) fail('ENOSPC');
    for (const cluster of clusters) promisedClusters.add(cluster);
  }
  extentStatus.insertDelayed(logical, length);
  sb.freeSpace.reserved += fresh * promiseBlocks;
  inode.reservedBlocks += fresh;
}

/** The same, if nobody is in the way, nothing has to be looked up, and there is space for all of it; else nothing has changed. */
export function reserveIfFree(inode: Inode, logical: number, length: number): boolean {
  const { dataLock } = inode;
  if (!clustersKnown(inode, logical, length)) return false;
  if (affordable(inode, logical, length) < length) return false;
  if (!dataLock.tryWrite()) return false;
  try {
    reserveDelayed(inode, logical, length);
  } finally {
    dataLock.unlockWrite();
  }
  return true;
}

/** Where the clusters of the blocks before `end` end; the last one of the largest file is a block short. */
const endOfClusters = (clusterRatio: number, end: number): number =>
  Math.min(Math.ceil(end / clusterRatio) * clusterRatio, MAX_BLOCKS);

/** The clusters of a range that have neither a promise nor a mapped block. */
function unpromisedClusters(
  inode: Inode,
  promised: ReadonlySet<number>,
  logical: number,
  length: number,
): number[] {
  const { clusterRatio } = inode.sb.geometry;
  const found: number[] = [];
  const first = Math.floor(logical / clusterRatio);
  for (let cluster = first; cluster * clusterRatio < logical + length; cluster++) {
    const start = cluster * clusterRatio;
    const end = endOfClusters(clusterRatio, start + 1);
    if (promised.has(cluster) || !inode.extentStatus.knownUnmapped(start, end)) continue;
    found.push(cluster);
  }
  return found;
}

/** For how many of `count` blocks from `first` on there is space; 0 when there is none. */
export function affordable(inode: Inode, first: number, count: number): number {
  const { sb, promisedClusters } = inode;
  const space = Math.max(0, sb.freeSpace.available(false));
  if (promisedClusters === null) return Math.min(count, space);
  const clusters = unpromisedClusters(inode, promisedClusters, first, count);
  const tooMuch = clusters[space];
  return tooMuch === undefined ? count : Math.max(0, tooMuch * sb.geometry.clusterRatio - first);
}

/** Is something known of every block of the clusters that the range touches? Without bigalloc nothing need be. */
export function clustersKnown(inode: Inode, logical: number, length: number): boolean {
  const { clusterRatio } = inode.sb.geometry;
  if (clusterRatio === 1) return true;
  const start = logical - (logical % clusterRatio);
  const end = endOfClusters(clusterRatio, logical + length);
  return inode.extentStatus.knows(start, logical) && inode.extentStatus.knows(logical + length, end);
}

/** Looks up what clustersKnown() misses. Takes dataLock. */
export function* learnClusters(inode: Inode, logical: number, length: number): Sleepable<void> {
  const { clusterRatio } = inode.sb.geometry;
  const end = endOfClusters(clusterRatio, logical + length);
  for (let block = logical - (logical % clusterRatio); block < end;) {
    const { length: found } = yield* mapBlocks(null, inode, block, end - block, 'lookup');
    block += found;
  }
}

/** The range is mapped now: what was promised to its delayed blocks, and to others of their clusters, has been given. */
export function recordMapped(inode: Inode, { logical, length, physical, state }: StatusExtent): void {
  const delayed = inode.extentStatus.insert(logical, length, physical, state);
  const { promisedClusters } = inode;
  if (promisedClusters === null) return release(inode, delayed);
  const { clusterRatio } = inode.sb.geometry;
  let kept = 0;
  for (
    let cluster = Math.floor(logical / clusterRatio);
    cluster * clusterRatio < logical + length;
    cluster++
  ) {
    const again = delayed > 0 && inode.mapping.faults.has('bigalloc-releases-promise-twice');
    if (promisedClusters.delete(cluster) || again) kept++;
  }
  release(inode, kept);
}

/** Nothing is mapped in [from, to) any more, and nothing delayed. */
export function recordHole(inode: Inode, from: number, to: number): void {
  dropped(inode, inode.extentStatus.insert(from, to - from, NOWHERE, 'hole'), from, to);
}

/** What was known of the range is forgotten, and what was promised to delayed blocks given back (but by a planted bug). */
export function forget(inode: Inode, from: number, to: number): void {
  const delayed = inode.extentStatus.remove(from, to);
  if (!inode.sb.options.faults.has('truncate-leaks-reservation')) dropped(inode, delayed, from, to);
}

/** `delayed` blocks of [from, to) need no place any more; clusters that have no others need none either. */
function dropped(inode: Inode, delayed: number, from: number, to: number): void {
  const { promisedClusters, extentStatus, sb } = inode;
  if (promisedClusters === null) return release(inode, delayed);
  const { clusterRatio } = sb.geometry;
  let kept = 0;
  for (const cluster of promisedClusters) {
    const start = cluster * clusterRatio;
    if (start >= to || start + clusterRatio <= from) continue;
    if (start < from && inode.mapping.faults.has('bigalloc-counts-from-range-start')) continue;
    if (extentStatus.countDelayed(start, start + clusterRatio) > 0) continue;
    promisedClusters.delete(cluster);
    kept++;
  }
  release(inode, kept);
}

/** Takes `count` promises back: what they were for found its place, or needs none (ext4_da_release_space). */
function release(inode: Inode, count: number): void {
  if (count === 0) return;
  const { freeSpace } = inode.sb;
  const promised = count * blockMapOf(inode).promiseBlocks;
  assert(
    count <= inode.reservedBlocks && promised <= freeSpace.reserved,
    () => `releasing ${count} blocks never promised`,
  );
  inode.reservedBlocks -= count;
  freeSpace.reserved -= promised;
}

/** The cluster was freed: delayed blocks in it, which would have lain there, need a place again (ext4_rereserve_cluster). */
export function reserveAgain(inode: Inode, cluster: number): void {
  const { promisedClusters, extentStatus, sb } = inode;
  const start = cluster * sb.geometry.clusterRatio;
  if (promisedClusters === null || promisedClusters.has(cluster)) return;
  if (extentStatus.countDelayed(start, start + sb.geometry.clusterRatio) === 0) return;
  promisedClusters.add(cluster);
  sb.freeSpace.reserved++;
  inode.reservedBlocks++;
}

/**
 * The delayed blocks of `length` from `logical` on are holes again; their data was thrown away before it had a place. What
 * is mapped in the range stays mapped, and known. Takes dataLock.
 */
export function* punchDelayed(inode: Inode, logical: number, length: number): Sleepable<void> {
  yield* inode.dataLock.write();
  try {
    for (;;) {
      const delayed = inode.extentStatus.nextDelayed(logical, logical + length);
      if (delayed === null) return;
      // Delayed blocks are holes in the extent tree.
      recordHole(inode, delayed.logical, delayed.logical + delayed.length);
    }
  } finally {
    inode.dataLock.unlockWrite();
  }
}
