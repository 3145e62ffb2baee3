/**
 * A function that may sleep. Calling it does nothing until `yield*` runs it, so every place where another task may run is
 * visible in the source, and between two of them code is atomic.
 */
export type Sleepable<T> = Generator<Wait, T, void>;

/** What a sleeping task waits for; `ready` is asked again before every scheduling decision and has no effects. */
export interface Wait {
  /** In the field's words: `folio lock`, `folio writeback`, `i_rwsem`, `commit of transaction 3`. */
  readonly reason: string;
  ready(): boolean;
}

const PREEMPT: Wait = Object.freeze({ reason: 'preemption', ready: () => true });

/** A point where the kernel could be preempted: always runnable, but the strategy may choose another task. */
export function* preempt(): Sleepable<void> {
  yield PREEMPT;
}

/** Sleeps until `ready` answers true; asks at once, so a condition that holds costs no suspension. */
export function* waitUntil(reason: string, ready: () => boolean): Sleepable<void> {
  while (!ready()) yield { reason, ready };
}
