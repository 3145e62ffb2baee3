import { assert } from '../lib/assert.ts';
import { followReleased, followTaken, followWanted } from '../sched/lock.ts';
import { park, preemptible, READY, waitUntil, type Sleepable } from '../sched/sleepable.ts';
import type { HeldLock, LockClass } from '../sched/task.ts';
import type { AddressSpace } from './address-space.ts';
import type { PageRun } from './folio-pool.ts';
import { PAGE_BYTES } from './page.ts';

/** The lock of a folio that is no part of a file any more. */
const LONE_FOLIO_LOCK: LockClass = { name: 'folio lock', rank: 59, nests: true };

/** 2^order pages of one file in memory (struct folio). */
export class Folio implements HeldLock {
  /** Index of its first page in the file; a multiple of 2^order. */
  readonly index: number;
  memory: PageRun;
  /** The file it belongs to; null once it was truncated or reclaimed. */
  mapping: AddressSpace | null;
  locked = false;
  uptodate = false;
  dirty = false;
  /** Dirty when the running writeback began (PAGECACHE_TAG_TOWRITE). */
  toWrite = false;
  writeback = false;
  /** Whoever reads up to here wants the next window of read-ahead (PG_readahead). */
  readaheadMark = false;
  /** It leaves the cache as soon as it is clean and was used (PG_dropbehind). */
  dropBehind = false;
  /** buffer_heads on one path, FolioState on the other. Only the owning path looks inside. */
  private: object | null = null;

  constructor(mapping: AddressSpace, index: number, memory: PageRun) {
    assert(index % (1 << memory.order) === 0, () => `folio ${index} is not aligned to order ${memory.order}`);
    this.mapping = mapping;
    this.index = index;
    this.memory = memory;
  }

  get data(): Uint8Array {
    return this.memory.data;
  }

  get order(): number {
    return this.memory.order;
  }

  /** Pages. */
  get pages(): number {
    return 1 << this.memory.order;
  }

  /** Byte of the file where it starts. */
  get position(): number {
    return this.index * PAGE_BYTES;
  }

  /** Bytes. */
  get size(): number {
    return this.memory.size;
  }

  /** Byte of the file after its last. */
  get end(): number {
    return this.position + this.size;
  }

  /** Is it still part of that file? Asked again after every sleep: a truncation may have taken it away. */
  belongsTo(mapping: AddressSpace): boolean {
    return this.mapping === mapping;
  }

  /** folio_lock(). Afterwards the caller asks `belongsTo`: the folio may have been truncated meanwhile. */
  lock(): Sleepable<void> {
    if (this.locked || preemptible()) return this.#waitAndLock();
    this.locked = true;
    return READY;
  }

  *#waitAndLock(): Sleepable<void> {
    followWanted(this);
    yield* park(this.name, () => !this.locked, this);
    this.lockUnshared();
  }

  /** Locks a folio that nobody else has locked. */
  lockUnshared(): void {
    this.locked = true;
    if (preemptible()) followTaken(this);
  }

  /** For messages. */
  get name(): string {
    return `lock of folio ${this.index}`;
  }

  /** Where its lock stands in the lock order: that differs from path to path. One that left its file comes after all. */
  get lockClass(): LockClass {
    return this.mapping?.operations.folioLock ?? LONE_FOLIO_LOCK;
  }

  unlock(): void {
    assert(this.locked, () => `folio ${this.index} is unlocked without being locked`);
    this.locked = false;
    if (preemptible()) followReleased(this);
  }

  /** folio_wait_writeback(). */
  waitForWriteback(): Sleepable<void> {
    return this.writeback ? waitUntil(`writeback of folio ${this.index}`, () => !this.writeback) : READY;
  }
}
