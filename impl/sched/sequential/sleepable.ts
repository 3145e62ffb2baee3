/**
 * What stands in the place of sched/sleepable.ts where one task runs at a time (tools/sequential/): a function that may
 * sleep is an ordinary function, and answers its value. While it sleeps, kernel workers run on top of its stack.
 */
export type Sleepable<T> = T;

/** Runs kernel workers until `isReady` answers true. */
export type Sleep = (reason: string, isReady: () => boolean) => void;

const nobodyRuns: Sleep = (reason) => {
  throw new Error(`nothing runs that could wait for ${reason}`);
};

let sleep = nobodyRuns;

/** From now on tasks sleep like this; null: none may. Answers how they slept before. */
export function exchangeSleep(next: Sleep | null): Sleep {
  const before = sleep;
  sleep = next ?? nobodyRuns;
  return before;
}

export const ready = <T>(value: T): T => value;

export const READY = undefined;

/** A point where the kernel could be preempted: here there is nobody who could come in between. */
export function preempt(): void {
  // Nothing to do.
}

/** Nobody could come in between. */
export const preemptible = (): boolean => false;

export const preemptiveScheduler = (): null => null;

export const preemptionPoint: (reason: string) => void = () => undefined;

/** Sleeps until `isReady` answers true. */
export function waitUntil(reason: string, isReady: () => boolean): void {
  if (!isReady()) sleep(reason, isReady);
}

/** `lock` is what is waited for, if it is one. */
export const park: (reason: string, isReady: () => boolean, lock?: object) => void = waitUntil;
