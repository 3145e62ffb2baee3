import type { Chooser, Decision } from './schedule.ts';
import { numbersFrom } from './strategies.ts';

/** A choice that is not 0, and the decision at which it was made. */
interface Deviation {
  readonly at: number;
  readonly choice: number;
}

type Schedule = readonly Deviation[];

/** What a schedule showed: the decisions that there were. */
export type RunSchedule = (choose: Chooser) => readonly Decision[];

/**
 * Every schedule with at most `bound` preemptions, each once, those with fewer first (iterative context bounding, CHESS).
 * Stopping a task that could go on costs one; so does holding a worker of the file system back that would go first when the
 * running task waits or is over: otherwise each end of a transfer would double their number. Which of several tasks goes on
 * where one waits or is over is free. Among those with as many, the seed says which comes first: in order, those that differ
 * late would all come before those that differ early, and who stops halfway would have seen one end of a race only.
 */
export class Exploration {
  readonly #bound: number;
  readonly #number: (() => number) | null;
  /** Schedules not yet run, by what they cost. */
  readonly #waiting: Schedule[][];
  /** Schedules run, by what they cost. */
  readonly counts: number[];

  /** Without a seed, those that differ late come first: the order for who looks at all of them, or at a small program. */
  constructor(bound: number, seed: number | null) {
    this.#bound = bound;
    this.#number = seed === null ? null : numbersFrom(seed);
    this.#waiting = Array.from({ length: bound + 1 }, () => []);
    this.counts = Array.from({ length: bound + 1 }, () => 0);
    this.#waiting[0]?.push([]);
  }

  get isExhausted(): boolean {
    return this.#waiting.every((list) => list.length === 0);
  }

  /** Runs the next schedule; false when there is none left. */
  next(run: RunSchedule): boolean {
    const cost = this.#waiting.findIndex((list) => list.length > 0);
    const schedule = this.#take(this.#waiting[cost] ?? []);
    if (schedule === undefined) return false;
    this.counts[cost] = (this.counts[cost] ?? 0) + 1;
    const decisions = run(chooserOf(schedule));
    const first = (schedule[schedule.length - 1]?.at ?? -1) + 1;
    for (let at = first; at < decisions.length; at++) this.#branch(schedule, at, decisions[at], cost);
    return true;
  }

  /** Any of them, whose place the last one takes. */
  #take(list: Schedule[]): Schedule | undefined {
    const last = list.pop();
    if (last === undefined || list.length === 0 || this.#number === null) return last;
    const place = Math.floor(this.#number() * (list.length + 1));
    const taken = list[place];
    if (taken === undefined) return last;
    list[place] = last;
    return taken;
  }

  #branch(schedule: Schedule, at: number, decision: Decision | undefined, cost: number): void {
    if (decision === undefined) return;
    const total = cost + (decision.preempts || decision.delaysWorker ? 1 : 0);
    if (total > this.#bound) return;
    for (let choice = 1; choice < decision.options; choice++) {
      this.#waiting[total]?.push([...schedule, { at, choice }]);
    }
  }
}

function chooserOf(schedule: Schedule): Chooser {
  const choices = new Map(schedule.map(({ at, choice }) => [at, choice]));
  return (at) => choices.get(at) ?? 0;
}
