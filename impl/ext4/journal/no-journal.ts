import type { BufferCache } from '../../buffer/buffer-cache.ts';
import type { BufferHead } from '../../buffer/buffer-head.ts';
import { fail } from '../../lib/errno.ts';
import { ReservedHandle, type Handle } from '../../jbd2/handle.ts';
import type { Journaling } from '../../jbd2/journaling.ts';
import { Transaction } from '../../jbd2/transaction.ts';
import { waitUntil, type Sleepable } from '../../sched/sleepable.ts';

/**
 * A file system without a journal (handles for which ext4_handle_valid says no): changed buffers are dirty in the cache,
 * and fsync, sync and unmount write them home. A crash in between leaves whatever had arrived; e2fsck mends it.
 */
export class NoJournal implements Journaling {
  readonly reservedCredits = 0;
  readonly recovers = false;
  readonly lengthBlocks = 0;
  readonly newestTid = 0;
  readonly cache: BufferCache;
  readonly #dirty = new Set<BufferHead>();
  #aborted = false;
  /** What was dirty is on its way home, and may not have arrived. */
  #writing = false;

  constructor(cache: BufferCache) {
    this.cache = cache;
  }

  *start(_blocks: number, reservedBlocks = 0): Sleepable<Handle> {
    if (this.#aborted) fail('EROFS');
    return new DirectHandle(this, reservedBlocks > 0 ? new ReservedHandle(reservedBlocks) : null);
  }

  startReserved(): Sleepable<Handle> {
    return this.start(0);
  }

  releaseReserved(): void {
    // Nothing was set aside: there is no log that could run full.
  }

  /** Ids tell nothing here: there is one answer for all, whether something waits to be written. */
  isCommitted(): boolean {
    return this.#dirty.size === 0 && !this.#writing;
  }

  committingDataOf(): null {
    return null;
  }

  willFlush(): boolean {
    return this.#dirty.size > 0;
  }

  *waitForCommit(): Sleepable<void> {
    yield* this.forceCommit();
  }

  /** Writes all changed metadata home, durably (what ext4_fsync_nojournal does for one inode). Fails with EIO. */
  *forceCommit(): Sleepable<boolean> {
    while (this.#writing) yield* waitUntil('metadata that is being written', () => !this.#writing);
    if (this.#dirty.size === 0) return false;
    const buffers = [...this.#dirty].sort((left, right) => left.block - right.block);
    this.#dirty.clear();
    for (const stage of [0, 1]) {
      for (const buffer of buffers) if (buffer.seal?.stage === stage) buffer.seal.apply(buffer);
    }
    this.#writing = true;
    try {
      yield* this.cache.writeDirty(buffers);
      yield* this.cache.flush();
    } finally {
      this.#writing = false;
    }
    return true;
  }

  *flush(): Sleepable<void> {
    yield* this.forceCommit();
  }

  *close(): Sleepable<void> {
    if (!this.#aborted) yield* this.forceCommit();
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  *abort(): Sleepable<void> {
    this.#aborted = true;
  }

  markDirty(buffer: BufferHead): void {
    buffer.dirty = true;
    this.#dirty.add(buffer);
  }

  /** bforget(): the block is free, its memory must never reach the disk. */
  forget(buffer: BufferHead): void {
    this.#dirty.delete(buffer);
    buffer.dirty = false;
    if (!buffer.locked && this.cache.find(buffer.block) === buffer) this.cache.drop(buffer.block);
  }
}

/** A handle that joins nothing. What waits for its commit, such as the reuse of freed blocks, waits for its end only. */
class DirectHandle implements Handle {
  sync = false;
  readonly transaction = new Transaction(0, 0);
  readonly #journal: NoJournal;
  #reserved: ReservedHandle | null;

  constructor(journal: NoJournal, reserved: ReservedHandle | null) {
    this.#journal = journal;
    this.#reserved = reserved;
  }

  hasWriteAccess(buffer: BufferHead): boolean {
    return !buffer.locked && !this.#journal.aborted;
  }

  *getWriteAccess(buffer: BufferHead): Sleepable<void> {
    if (this.#journal.aborted) fail('EROFS');
    if (buffer.locked) yield* waitUntil(`buffer ${buffer.block}`, () => !buffer.locked);
  }

  getCreateAccess(buffer: BufferHead): Sleepable<void> {
    return this.getWriteAccess(buffer);
  }

  dirtyMetadata(buffer: BufferHead): void {
    buffer.uptodate = true;
    this.#journal.markDirty(buffer);
  }

  forget(buffer: BufferHead): void {
    this.#journal.forget(buffer);
  }

  *revoke(block: number, buffer: BufferHead | null): Sleepable<void> {
    const known = buffer ?? this.#journal.cache.find(block);
    if (known === null) return;
    // A write that is under way must not hit the block's next user.
    if (known.locked) yield* waitUntil(`buffer ${block}`, () => !known.locked);
    this.#journal.forget(known);
  }

  addOrderedInode(): void {
    // Without a commit there is nothing to come before.
  }

  hasCredits(): boolean {
    return true;
  }

  *extend(): Sleepable<boolean> {
    return true;
  }

  *restart(): Sleepable<void> {
    this.transaction.runCallbacks();
  }

  takeReserved(): ReservedHandle | null {
    const reserved = this.#reserved;
    this.#reserved = null;
    return reserved;
  }

  *stop(): Sleepable<void> {
    this.transaction.runCallbacks();
    if (this.sync) yield* this.#journal.forceCommit();
  }
}
