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

const PREEMPT: Wait = Object.freeze({ reason: 'preemption', ready: () => true });

/** A point where the kernel could be preempted: always runnable, but the strategy may choose another task. */
export function* preempt(): Sleepable<void> {
  yield PREEMPT;
}

/** Sleeps until `ready` answers true; asks at once, so a condition that holds costs no suspension. */
export function waitUntil(reason: string, isReady: () => boolean): Sleepable<void> {
  return isReady() ? READY : sleepUntil(reason, isReady);
}

function* sleepUntil(reason: string, isReady: () => boolean): Sleepable<void> {
  do yield { reason, ready: isReady };
  while (!isReady());
}
