import type { Task } from './task.ts';

/** The only oracle of non-determinism: which of the runnable tasks goes on. */
export interface Strategy {
  /** `runnable` has at least two tasks, in the order of their ids; `current` ran last and may be among them. */
  nextTask(runnable: readonly Task[], current: Task | null): Task;
  /** Told of every step, also of those that were not to be chosen, before it runs; `previous` ran last. */
  resumes?(task: Task, previous: Task | null): void;
}

/** No preemption: the running task goes on while it can, else the one with the lowest id. */
export const runToCompletion: Strategy = {
  nextTask(runnable, current) {
    if (current !== null && runnable.includes(current)) return current;
    const [first] = runnable;
    if (first === undefined) throw new Error('nextTask was asked without a runnable task');
    return first;
  },
};
