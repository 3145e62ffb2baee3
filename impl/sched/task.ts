import type { Wait } from './wait.ts';

/** A lock as the order checker sees it. */
export interface HeldLock {
  readonly lockClass: LockClass;
  readonly name: string;
}

/**
 * The place of a kind of lock in the lock order. `rank` orders classes that may nest: a task that holds a lock takes only
 * locks of a higher rank, or of the same rank where `nests` says that several of one class may be held.
 */
export interface LockClass {
  readonly name: string;
  readonly rank: number;
  readonly nests: boolean;
}

/** A thread of control: a system call, or a kernel worker (`daemon`), which may sleep for ever. */
export class Task {
  readonly id: number;
  readonly name: string;
  readonly daemon: boolean;
  /** Null while it does not sleep. */
  waitingOn: Wait | null = null;
  readonly held: HeldLock[];

  /** `held` is an empty list: memory of a task that has ended may serve once more. */
  constructor(id: number, name: string, daemon: boolean, held: HeldLock[] = []) {
    this.id = id;
    this.name = name;
    this.daemon = daemon;
    this.held = held;
  }

  get runnable(): boolean {
    return this.waitingOn === null || this.waitingOn.ready();
  }
}
