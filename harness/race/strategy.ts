import fc from 'fast-check';
import { Exploration, type RunSchedule } from './explore.ts';
import { fixedChoices, type Decision } from './schedule.ts';
import { mixed, priorities, randomWalk, schedules } from './strategies.ts';

export const STRATEGIES = ['exhaustive', 'fast-check', 'pct', 'random'] as const;

export type StrategyName = (typeof STRATEGIES)[number];

/** Where the schedules of one program come from. */
export interface ScheduleSource {
  /** Runs the next one; false when there is none left. */
  next(run: RunSchedule): boolean;
  readonly isExhausted: boolean;
}

/** How likely the running task goes on in a random walk. */
const STAY = 0.7;

/** Points at which PCT changes priorities: bugs of that many orderings and one. */
const CHANGES = 3;

/** `bound`: preemptions of an exhaustive search; `limit`: schedules of any other. */
export function sourceOf(
  name: StrategyName,
  { seed, bound, limit }: { readonly seed: number; readonly bound: number; readonly limit: number },
): ScheduleSource {
  if (name === 'exhaustive') return new Exploration(bound, null);
  if (name === 'fast-check') return new Drawn(seed, limit);
  return new Sampled(name, seed, limit);
}

/** Schedules that fast-check draws, some at a time: nobody waits for those that he may never come to. */
class Drawn implements ScheduleSource {
  readonly #seed: number;
  readonly #limit: number;
  #batch: readonly (readonly number[])[] = [];
  #done = 0;

  constructor(seed: number, limit: number) {
    this.#seed = seed;
    this.#limit = limit;
  }

  get isExhausted(): boolean {
    return this.#done >= this.#limit;
  }

  next(run: RunSchedule): boolean {
    if (this.isExhausted) return false;
    const place = this.#done++ % DRAWN_AT_ONCE;
    if (place === 0)
      this.#batch = fc.sample(schedules(), { seed: this.#seed + this.#done, numRuns: DRAWN_AT_ONCE });
    run(fixedChoices(this.#batch[place] ?? []));
    return true;
  }
}

const DRAWN_AT_ONCE = 8;

class Sampled implements ScheduleSource {
  readonly #name: 'pct' | 'random';
  readonly #seed: number;
  readonly #limit: number;
  #done = 0;
  /** Decisions of the longest run so far. */
  #length = 1;

  constructor(name: 'pct' | 'random', seed: number, limit: number) {
    this.#name = name;
    this.#seed = seed;
    this.#limit = limit;
  }

  get isExhausted(): boolean {
    return this.#done >= this.#limit;
  }

  next(run: RunSchedule): boolean {
    if (this.isExhausted) return false;
    const seed = mixed(this.#seed, this.#done++);
    const choose = this.#name === 'pct' ? priorities(seed, this.#length, CHANGES) : randomWalk(seed, STAY);
    const decisions: readonly Decision[] = run(choose);
    this.#length = Math.max(this.#length, decisions.length);
    return true;
  }
}
