import { assert } from '../lib/assert.ts';
import { LockOrderViolation } from './lock-order-violation.ts';
import type { Scheduler } from './scheduler.ts';
import { park, preemptible, preemptiveScheduler, READY, type Sleepable } from './sleepable.ts';
import type { HeldLock, LockClass } from './task.ts';

function checkOrder(scheduler: Scheduler, lock: HeldLock): void {
  const task = scheduler.current;
  if (task === null) return;
  for (const held of task.held) {
    assert(held !== lock, () => `${task.name} takes ${lock.name} again`);
    const { rank, nests } = lock.lockClass;
    if (held.lockClass.rank < rank || (held.lockClass === lock.lockClass && nests)) continue;
    throw new LockOrderViolation(`${task.name} takes ${lock.name} while holding ${held.name}`);
  }
}

function remember(scheduler: Scheduler, lock: HeldLock): void {
  scheduler.current?.held.push(lock);
}

function forget(scheduler: Scheduler, lock: HeldLock): void {
  const held = scheduler.current?.held;
  if (held === undefined) return;
  // Locks are mostly released in the opposite order, and taking the last one off costs nothing.
  if (held[held.length - 1] === lock) {
    held.pop();
    return;
  }
  const index = held.lastIndexOf(lock);
  if (index >= 0) held.splice(index, 1);
}

/**
 * What is a lock in all but name, and too hot to be followed always: folio locks, running handles. While tasks are
 * preempted, whoever is about to take one says so before it waits, when it has it, and when it lets go.
 */
export function followWanted(lock: HeldLock): void {
  const scheduler = preemptiveScheduler();
  if (scheduler !== null) checkOrder(scheduler, lock);
}

export function followTaken(lock: HeldLock): void {
  const scheduler = preemptiveScheduler();
  if (scheduler !== null) remember(scheduler, lock);
}

export function followReleased(lock: HeldLock): void {
  const scheduler = preemptiveScheduler();
  if (scheduler !== null) forget(scheduler, lock);
}

/** A sleeping lock with one owner. */
export class Mutex implements HeldLock {
  readonly lockClass: LockClass;
  readonly name: string;
  readonly #scheduler: Scheduler;
  #locked = false;

  constructor(scheduler: Scheduler, lockClass: LockClass, name: string = lockClass.name) {
    this.#scheduler = scheduler;
    this.lockClass = lockClass;
    this.name = name;
  }

  lock(): Sleepable<void> {
    checkOrder(this.#scheduler, this);
    if (this.#locked || preemptible()) return this.#waitAndTake();
    this.#take();
    return READY;
  }

  *#waitAndTake(): Sleepable<void> {
    yield* park(this.name, () => !this.#locked, this);
    this.#take();
  }

  #take(): void {
    this.#locked = true;
    remember(this.#scheduler, this);
  }

  unlock(): void {
    assert(this.#locked, () => `${this.name} is unlocked without being held`);
    this.#locked = false;
    forget(this.#scheduler, this);
  }

  get locked(): boolean {
    return this.#locked;
  }
}

/** Many readers or one writer (struct rw_semaphore). A waiting writer does not hold back new readers. */
export class RwSemaphore implements HeldLock {
  readonly lockClass: LockClass;
  readonly #scheduler: Scheduler;
  readonly #owner: string | number | null;
  #readers = 0;
  #writer = false;

  /** `owner` tells locks of one class apart in messages: a word, or the number of an inode. */
  constructor(scheduler: Scheduler, lockClass: LockClass, owner: string | number | null = null) {
    this.#scheduler = scheduler;
    this.lockClass = lockClass;
    this.#owner = owner;
  }

  /** Made only when somebody wants to read it: there are three locks in every inode. */
  get name(): string {
    return this.#owner === null ? this.lockClass.name : `${this.lockClass.name} of ${this.#owner}`;
  }

  read(): Sleepable<void> {
    checkOrder(this.#scheduler, this);
    if (this.#writer || preemptible()) return this.#waitToRead();
    this.#takeForReading();
    return READY;
  }

  /** Takes the lock for reading when no writer has it (down_read_trylock). */
  tryRead(): boolean {
    checkOrder(this.#scheduler, this);
    if (this.#writer) return false;
    this.#takeForReading();
    return true;
  }

  *#waitToRead(): Sleepable<void> {
    yield* park(`${this.name} (read)`, () => !this.#writer, this);
    this.#takeForReading();
  }

  #takeForReading(): void {
    this.#readers++;
    remember(this.#scheduler, this);
  }

  unlockRead(): void {
    assert(this.#readers > 0, () => `${this.name} has no reader to release`);
    this.#readers--;
    forget(this.#scheduler, this);
  }

  write(): Sleepable<void> {
    return !preemptible() && this.tryWrite() ? READY : this.#waitToWrite();
  }

  /** Takes the lock when nobody has it (down_write_trylock), for callers that must not sleep. */
  tryWrite(): boolean {
    checkOrder(this.#scheduler, this);
    return this.tryWriteOutOfOrder();
  }

  /** The same for callers that hold locks which come later, or this one: who does not wait cannot be waited for. */
  tryWriteOutOfOrder(): boolean {
    if (this.#writer || this.#readers > 0) return false;
    this.#takeForWriting();
    return true;
  }

  *#waitToWrite(): Sleepable<void> {
    checkOrder(this.#scheduler, this);
    yield* park(`${this.name} (write)`, () => !this.#writer && this.#readers === 0, this);
    this.#takeForWriting();
  }

  #takeForWriting(): void {
    this.#writer = true;
    remember(this.#scheduler, this);
  }

  unlockWrite(): void {
    assert(this.#writer, () => `${this.name} has no writer to release`);
    this.#writer = false;
    forget(this.#scheduler, this);
  }

  get writeLocked(): boolean {
    return this.#writer;
  }
}
