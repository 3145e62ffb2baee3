import type { BlockGroup } from './block-group.ts';

/** A run of clusters of one group that is taken out of sight of every search, but free on the disk. */
export interface HeldRun {
  readonly group: BlockGroup;
  /** First cluster, counted in the group. */
  readonly start: number;
  /** Clusters, at least 1. */
  readonly length: number;
}

/** A cluster of a group. */
export interface ClusterPlace {
  readonly group: BlockGroup;
  readonly start: number;
}

/** A held run with its place in a file. */
export interface PreallocatedRun extends HeldRun {
  /** First logical cluster. */
  readonly logical: number;
  /** Taken from the space for small files, and goes back there. */
  readonly pooled: boolean;
}

/** A run from the place `skipped` clusters behind the start of another. */
export const part = (run: HeldRun, skipped: number, length: number): HeldRun => ({
  group: run.group,
  start: run.start + skipped,
  length,
});

/**
 * What is set aside for one file (the inode preallocations of mballoc): runs in order of logical cluster that do not
 * overlap, of which nothing is used yet. Using the middle of one leaves two.
 */
export class Preallocation {
  /** The cluster behind what the file was last given; perhaps the first one of the next group. */
  end: ClusterPlace | null = null;
  readonly #runs: PreallocatedRun[] = [];

  /** All that was set aside, in order. */
  get runs(): readonly PreallocatedRun[] {
    return this.#runs;
  }

  /** The place kept for `logical` and up to `length` clusters, now the caller's; null when there is none. */
  take(logical: number, length: number): HeldRun | null {
    const index = this.#firstEndingAfter(logical);
    const run = this.#runs[index];
    if (run === undefined || run.logical > logical) return null;
    const skipped = logical - run.logical;
    const taken = Math.min(length, run.length - skipped);
    const behind = run.length - skipped - taken;
    const { group, start, pooled } = run;
    if (behind === 0) this.#runs.splice(index, 1);
    else {
      const rest = {
        group,
        start: start + skipped + taken,
        length: behind,
        logical: logical + taken,
        pooled,
      };
      this.#runs[index] = rest;
    }
    if (skipped > 0)
      this.#runs.splice(index, 0, { group, start, length: skipped, logical: run.logical, pooled });
    this.end = { group, start: start + skipped + taken };
    return part(run, skipped, taken);
  }

  /** Keeps a run, which nothing kept overlaps in the file. */
  add(run: PreallocatedRun): void {
    this.#runs.splice(this.#firstEndingAfter(run.logical), 0, run);
  }

  /** The logical clusters around `logical`, which is not kept, between what is: [from, to). */
  gapAround(logical: number): { readonly from: number; readonly to: number } {
    const index = this.#firstEndingAfter(logical);
    const before = index === 0 ? undefined : this.#runs[index - 1];
    return {
      from: before === undefined ? 0 : before.logical + before.length,
      to: this.#runs[index]?.logical ?? Infinity,
    };
  }

  #firstEndingAfter(logical: number): number {
    const runs = this.#runs;
    let low = 0;
    let high = runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const run = runs[middle];
      if (run !== undefined && run.logical + run.length <= logical) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
