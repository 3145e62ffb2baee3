import type { HeldLock } from './task.ts';

/** What a sleeping task waits for; `ready` is asked again before every scheduling decision and has no effects. */
export interface Wait {
  /** In the field's words: `folio lock`, `folio writeback`, `i_rwsem`, `commit of transaction 3`. */
  readonly reason: string;
  ready(): boolean;
  /** The lock that it waits for, if it is one. */
  readonly lock?: HeldLock;
  /** A worker between two pieces of work: when others go on now, it was not preempted. */
  readonly rests?: true;
}
