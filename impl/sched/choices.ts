import type { Strategy } from './strategy.ts';
import type { Task } from './task.ts';

/**
 * A schedule as plain data. At each decision the next number says how many runnable tasks to skip, counted from the one
 * that is running; 0, and the end of the list, mean "no preemption". So ordinary array shrinking finds the schedule with
 * the fewest preemptions.
 */
export class Choices implements Strategy {
  readonly #choices: readonly number[];
  #position = 0;

  constructor(choices: readonly number[]) {
    this.#choices = choices;
  }

  nextTask(runnable: readonly Task[], current: Task | null): Task {
    const start = current === null ? 0 : Math.max(0, runnable.indexOf(current));
    const skip = this.#choices[this.#position++] ?? 0;
    const next = runnable[(start + skip) % runnable.length];
    if (next === undefined) throw new Error('nextTask was asked without a runnable task');
    return next;
  }
}
