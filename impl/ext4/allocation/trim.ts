import { SECTOR_BYTES } from '../../block/bio.ts';
import { fail } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { SuperBlock } from '../super/super-block.ts';
import { findClear, findSet } from './bitmap.ts';
import type { BlockGroup } from './block-group.ts';
import type { HeldRun } from './preallocation.ts';

/** struct fstrim_range, bytes: free runs of at least `minimum` within `length` bytes from `start` on. */
export interface TrimRange {
  readonly start: number;
  readonly length: number;
  readonly minimum: number;
}

/** Tells the device that nobody needs what the clusters hold (ext4_issue_discard). */
export function discardRun(sb: SuperBlock, { group, start, length }: HeldRun): void {
  const sectors = sb.geometry.blockSize / SECTOR_BYTES;
  const { ratio } = group;
  sb.device.discard?.((group.firstBlock + start * ratio) * sectors, length * ratio * sectors);
}

/**
 * ext4_trim_fs(): tells the device of free space; answers how many bytes that was. What was told before and not used
 * since is not told again, unless shorter runs are wanted now. Fails with EINVAL for a range that holds no block, begins
 * behind the end, or wants runs longer than a group.
 */
export class Trimmer {
  readonly #sb: SuperBlock;
  readonly #groups: readonly BlockGroup[];
  /** Clusters: what runs the last trim looked for (s_last_trim_minblks). */
  #lastMinimum = 0;

  constructor(sb: SuperBlock, groups: readonly BlockGroup[]) {
    this.#sb = sb;
    this.#groups = groups;
  }

  *trim({ start, length, minimum }: TrimRange): Sleepable<number> {
    const { blockSize, blocks, firstDataBlock, blocksPerGroup, clustersPerGroup } = this.#sb.geometry;
    const { clusterRatio: ratio } = this.#sb.geometry;
    const first = Math.floor(start / blockSize);
    const atLeast = Math.ceil(Math.floor(minimum / blockSize) / ratio);
    if (atLeast > clustersPerGroup || first >= blocks || length < blockSize) fail('EINVAL');
    const last = Math.min(blocks, first + Math.floor(length / blockSize)) - 1;
    if (last <= firstDataBlock) return 0;
    let trimmed = 0;
    const from = Math.max(first, firstDataBlock) - firstDataBlock;
    const to = last - firstDataBlock;
    for (
      let number = Math.floor(from / blocksPerGroup);
      number <= Math.floor(to / blocksPerGroup);
      number++
    ) {
      const group = this.#groups[number];
      if (group === undefined) break;
      if (!group.loaded) yield* group.bitmap();
      const base = number * blocksPerGroup;
      const begin = Math.floor(Math.max(0, from - base) / ratio);
      const end = Math.min(group.clusters, Math.floor((to - base) / ratio) + 1);
      if (group.available >= atLeast) trimmed += this.#trimGroup(group, begin, end, atLeast);
    }
    this.#lastMinimum = atLeast;
    return trimmed * ratio * blockSize;
  }

  /** ext4_trim_all_free() for clusters [begin, end). */
  #trimGroup(group: BlockGroup, begin: number, end: number, atLeast: number): number {
    if (group.trimmed && atLeast >= this.#lastMinimum) return 0;
    const { busy, clusters } = group;
    let trimmed = 0;
    let next = begin;
    for (let start = findClear(busy, begin, end); start < end; start = findClear(busy, next, end)) {
      // A run that begins in the range is taken whole.
      next = findSet(busy, start, clusters);
      if (next - start < atLeast) continue;
      discardRun(this.#sb, { group, start, length: next - start });
      trimmed += next - start;
    }
    if (begin === 0 && Math.max(end, next) === clusters) group.trimmed = true;
    return trimmed;
  }
}
