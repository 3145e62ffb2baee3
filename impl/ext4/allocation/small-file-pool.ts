import type { BlockGroup } from './block-group.ts';
import { part, type HeldRun } from './preallocation.ts';

/** Clusters that are set aside at once for small files (s_mb_group_prealloc). */
export const POOL_RUN_CLUSTERS = 512;

/** So many runs are kept at most, as ext4_mb_add_n_trim keeps its lists. */
const RUNS_MAX = 8;

/** What is left of a run is of use for a while; less than this is not (the largest small file). */
const USEFUL_CLUSTERS = 16;

/**
 * Space set aside for small files, so that they lie close together without a search for each (the locality groups of
 * mballoc; one processor). A file that is open for writing borrows a whole run, so that whatever it appends continues
 * what it has, and gives back what it did not use.
 */
export class SmallFilePool {
  #runs: HeldRun[] = [];
  readonly #groupsPerFlex: number;

  constructor(groupsPerFlex: number) {
    this.#groupsPerFlex = groupsPerFlex;
  }

  get runs(): readonly HeldRun[] {
    return this.#runs;
  }

  /** `length` clusters near group `group`, now the caller's, or null. With `whole` the rest of their run as well. */
  take(group: number, length: number, whole: boolean): HeldRun | null {
    const flex = this.#flexOf(group);
    const fits = (run: HeldRun): boolean => run.length >= length && this.#flexOf(run.group.number) === flex;
    return this.#takeFrom(this.#runs.findIndex(fits), length, whole);
  }

  /** The same, if a run starts at cluster `start` of the group; perhaps fewer than `length`. */
  takeAt(group: BlockGroup, start: number, length: number, whole: boolean): HeldRun | null {
    const begins = (run: HeldRun): boolean => run.group === group && run.start === start;
    return this.#takeFrom(this.#runs.findIndex(begins), length, whole);
  }

  #takeFrom(index: number, length: number, whole: boolean): HeldRun | null {
    const run = this.#runs[index];
    if (run === undefined) return null;
    if (whole || run.length <= length) {
      this.#runs.splice(index, 1);
      return run;
    }
    this.#runs[index] = part(run, length, run.length - length);
    return part(run, 0, length);
  }

  /** Keeps a run; answers what is no longer kept instead, or null. */
  give(run: HeldRun): HeldRun | null {
    if (run.length < USEFUL_CLUSTERS) return run;
    // The newest first: its neighbours on the disk are in the cache.
    this.#runs.unshift(run);
    return this.#runs.length > RUNS_MAX ? (this.#runs.pop() ?? null) : null;
  }

  /** Keeps nothing any more; answers what it was. */
  clear(): readonly HeldRun[] {
    const runs = this.#runs;
    this.#runs = [];
    return runs;
  }

  #flexOf(group: number): number {
    return Math.floor(group / this.#groupsPerFlex);
  }
}
