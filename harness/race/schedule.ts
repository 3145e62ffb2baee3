/** A task, as whoever makes a schedule sees it; workers of the file system among them. */
export interface ScheduledTask {
  readonly id: number;
  readonly name: string;
  /** A worker of the file system: commit, ends of I/O, interrupts. */
  readonly daemon: boolean;
  /** Whether it could go on. */
  readonly runnable: boolean;
  /** What it is about to do, or waits for; null before it begins. */
  readonly waitingOn: {
    readonly reason: string;
    readonly rests?: true;
    readonly lock?: { readonly name: string };
  } | null;
  /** The locks that it holds. */
  readonly held: readonly { readonly name: string }[];
}

/** Chooses who goes on. */
export interface Pilot {
  /** `runnable` has at least two tasks, in the order of their ids; `current` ran last and may be among them. */
  nextTask<T extends ScheduledTask>(runnable: readonly T[], current: T | null): T;
  /** Told of every step before it runs. */
  resumes?(task: ScheduledTask, previous: ScheduledTask | null): void;
}

/** One decision between several tasks that could go on. */
export interface Decision {
  /** How many could. */
  readonly options: number;
  /** Whether the task that ran could have gone on, so that another choice takes the processor away from it. */
  readonly preempts: boolean;
  /** Whether a worker goes on when nobody chooses otherwise. */
  readonly delaysWorker: boolean;
}

/**
 * Decides as `choose` says and remembers the choices. A choice is the number of runnable tasks to skip, counted from the one
 * that is running; 0 is no preemption, or where nobody can go on with what he did, the task with the lowest id: workers come
 * first.
 */
export class RecordingPilot implements Pilot {
  readonly choices: number[] = [];
  readonly decisions: Decision[] = [];
  /** How often a task that could have gone on was stopped. */
  preemptions = 0;
  readonly #choose: Chooser;
  readonly #onStep: ((task: ScheduledTask, previous: ScheduledTask | null) => void) | null;

  constructor(
    choose: Chooser,
    onStep: ((task: ScheduledTask, previous: ScheduledTask | null) => void) | null = null,
  ) {
    this.#choose = choose;
    this.#onStep = onStep;
  }

  nextTask<T extends ScheduledTask>(runnable: readonly T[], current: T | null): T {
    const place = current === null ? -1 : runnable.indexOf(current);
    const start = Math.max(0, place);
    const preempts = place >= 0 && current?.waitingOn?.rests !== true;
    const options = runnable.length;
    const decision = { options, preempts, delaysWorker: !preempts && runnable[start]?.daemon === true };
    const choice = this.#choose(this.choices.length, decision, runnable, start) % options;
    this.choices.push(choice);
    this.decisions.push(decision);
    if (choice !== 0 && preempts) this.preemptions++;
    const next = runnable[(start + choice) % options];
    if (next === undefined) throw new Error('a pilot was asked with nobody to choose from');
    return next;
  }

  resumes(task: ScheduledTask, previous: ScheduledTask | null): void {
    this.#onStep?.(task, previous);
  }
}

/** The number of tasks to skip at decision `at` (from 0). `start` is the place from which skipping counts. */
export type Chooser = (
  at: number,
  decision: Decision,
  runnable: readonly ScheduledTask[],
  start: number,
) => number;

/** A schedule that is known: what lies behind its end is "no preemption". */
export const fixedChoices =
  (choices: readonly number[]): Chooser =>
  (at) =>
    choices[at] ?? 0;
