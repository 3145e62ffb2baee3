import type { Scheduler } from './scheduler.ts';
import type { HeldLock } from './task.ts';
import type { Wait } from './wait.ts';

/**
 * A function that may sleep. Calling it does nothing until `yield*` runs it, so every place where another task may run is
 * visible in the source, and between two of them code is atomic.
 */
export interface Sleepable<T> {
  [Symbol.iterator](): Iterator<Wait, T, void>;
  /** Runs to the next place where it sleeps, or to its end. For the scheduler alone. */
  next(): IteratorResult<Wait, T>;
  /** Ends it where it sleeps; its `finally` blocks run. For the scheduler alone. */
  return(value: T): IteratorResult<Wait, T>;
}

/**
 * What did not have to sleep, and has its answer. What is asked most, and seldom sleeps, is a plain function that answers
 * `ready(value)`, or the coroutine that does sleep: `yield*` of a coroutine costs four times as much as of this.
 * It is its own iterator and its own last step, so that running it allocates nothing.
 */
class Ready<T> {
  readonly done = true;
  readonly value: T;

  constructor(value: T) {
    this.value = value;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): this {
    return this;
  }

  return(): this {
    return this;
  }
}

export const ready = <T>(value: T): Sleepable<T> => new Ready(value);

export const READY: Sleepable<void> = ready(undefined);

/** Whose tasks are preempted where nobody makes them wait; module-wide, as one scheduler runs at a time. */
let preemptive: Scheduler | null = null;

/** From now on tasks are preempted wherever the kernel could preempt them, or (null) no more. Answers what held before. */
export function exchangePreemption(next: Scheduler | null): Scheduler | null {
  const before = preemptive;
  preemptive = next;
  return before;
}

/** May another task come in between, although there is nothing to wait for? Asked before a lock that is free is taken. */
export const preemptible = (): boolean => preemptive !== null;

/** The scheduler whose tasks are preempted, for locks that are too hot to be followed when nobody explores. */
export const preemptiveScheduler = (): Scheduler | null => preemptive;

/** A place without a lock where another task may come in between, when tasks are preempted: `reason` says before what. */
export const preemptionPoint = (reason: string): Sleepable<void> =>
  preemptive === null ? READY : park(reason, always);

const always = (): boolean => true;

const PREEMPT: Wait = Object.freeze({ reason: 'preemption', ready: () => true });

/** A point where the kernel could be preempted: always runnable, but the strategy may choose another task. */
export function* preempt(): Sleepable<void> {
  yield PREEMPT;
}

/** Sleeps until `ready` answers true; asks at once, so a condition that holds costs no suspension. */
export function waitUntil(reason: string, isReady: () => boolean): Sleepable<void> {
  return isReady() ? READY : park(reason, isReady);
}

/**
 * Sleeps at least once, and until `isReady` answers true. So whoever is preempted before a lock waits for that lock: nobody
 * lets him go on while it is taken, which would only be the same schedule once more.
 */
export function* park(reason: string, isReady: () => boolean, lock?: HeldLock): Sleepable<void> {
  const wait: Wait = lock === undefined ? { reason, ready: isReady } : { reason, ready: isReady, lock };
  do yield wait;
  while (!isReady());
}

/** How a worker sleeps until there is work. */
export function* rest(hasWork: () => boolean): Sleepable<void> {
  const wait: Wait = { reason: 'work', ready: hasWork, rests: true };
  do yield wait;
  while (!hasWork());
}
