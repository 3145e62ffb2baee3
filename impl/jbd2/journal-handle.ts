import type { BufferHead } from '../buffer/buffer-head.ts';
import { assert } from '../lib/assert.ts';
import { followReleased, followTaken, followWanted } from '../sched/lock.ts';
import { READY, waitUntil, type Sleepable } from '../sched/sleepable.ts';
import type { HeldLock } from '../sched/task.ts';
import { joinTransaction, unreserve } from './admission.ts';
import type { Handle, ReservedHandle } from './handle.ts';
import { journalHead, makeJournalHead, type JournalHead } from './journal-head.ts';
import type { Journal } from './journal.ts';
import type { OrderedInode } from './ordered-inode.ts';
import { RUNNING_HANDLE } from './lock-classes.ts';
import type { Transaction } from './transaction.ts';

/** A handle of a journal (handle_t). */
export class JournalHandle implements Handle, HeldLock {
  readonly lockClass = RUNNING_HANDLE;
  readonly journal: Journal;
  sync = false;
  #transaction: Transaction;
  /** Blocks that may still be changed (h_total_credits). */
  #credits: number;
  #reserved: ReservedHandle | null;
  /** False after stop, and after a restart that failed. */
  #open = true;

  constructor(journal: Journal, transaction: Transaction, credits: number, reserved: ReservedHandle | null) {
    this.journal = journal;
    this.#transaction = transaction;
    this.#credits = credits;
    this.#reserved = reserved;
    followTaken(this);
  }

  /** For messages. */
  get name(): string {
    return `a handle of transaction ${this.#transaction.tid}`;
  }

  /** Changes only in restart(). */
  get transaction(): Transaction {
    return this.#transaction;
  }

  get credits(): number {
    return this.#credits;
  }

  /** May the buffer be changed, because this transaction asked before? Then getWriteAccess would do nothing. */
  hasWriteAccess(buffer: BufferHead): boolean {
    const head = journalHead(buffer);
    return (
      head !== null && head.running === this.#transaction && !head.forgotten && !this.journal.state.aborted
    );
  }

  /**
   * To be called before the buffer is changed (jbd2_journal_get_write_access). Waits while the old contents are on their
   * way home. Fails with EROFS after an abort.
   */
  getWriteAccess(buffer: BufferHead): Sleepable<void> {
    const state = this.journal.state;
    state.failIfAborted();
    const head = journalHead(buffer);
    if (head !== null && head.running === this.#transaction && !head.forgotten) {
      this.#cancelRevoke(buffer);
      return READY;
    }
    if (buffer.locked) return this.#waitForAccess(buffer);
    this.#grantAccess(buffer);
    return READY;
  }

  *#waitForAccess(buffer: BufferHead): Sleepable<void> {
    yield* waitUntil(`buffer ${buffer.block}`, () => !buffer.locked);
    this.#grantAccess(buffer);
  }

  #grantAccess(buffer: BufferHead): void {
    const wasDirty = buffer.dirty;
    // From here on only the journal decides when the buffer goes home.
    buffer.dirty = false;
    this.#file(buffer).wasDirty ||= wasDirty;
    this.#cancelRevoke(buffer);
  }

  /**
   * As getWriteAccess, for a block that was just allocated: what the buffer holds does not matter
   * (jbd2_journal_get_create_access). A revoke of the block by this transaction is taken back.
   */
  getCreateAccess(buffer: BufferHead): Sleepable<void> {
    return this.getWriteAccess(buffer);
  }

  /** To be called after the buffer was changed (jbd2_journal_dirty_metadata): the commit will log it. */
  dirtyMetadata(buffer: BufferHead): void {
    if (this.journal.state.aborted) return;
    const head = journalHead(buffer);
    assert(
      head !== null && head.running === this.#transaction,
      () => `block ${buffer.block} changed without write access`,
    );
    assert(!head.forgotten, () => `block ${buffer.block} changed after it was freed`);
    buffer.uptodate = true;
    if (head.modified) return;
    assert(this.#credits > 0, () => `a handle of transaction ${this.#transaction.tid} has no credits left`);
    this.#credits--;
    head.modified = true;
  }

  /**
   * The buffer's block was freed (jbd2_journal_forget). The running transaction does not log it. If an older transaction
   * did, the log must keep that until this one commits, because only then is the block free for sure.
   */
  forget(buffer: BufferHead): void {
    const head = journalHead(buffer);
    if (head === null) {
      this.#discard(buffer);
      return;
    }
    if (head.running !== null && head.modified) this.#credits++;
    head.modified = false;
    if (
      head.committing === null &&
      head.checkpoint !== null &&
      !buffer.dirty &&
      !buffer.locked &&
      head.running === null
    ) {
      // Somebody wrote it home already: the log has no more use for it.
      head.leaveCheckpoint();
    }
    if (head.committing === null && head.checkpoint === null) {
      head.running = null;
      head.release();
      this.#discard(buffer);
      return;
    }
    buffer.dirty = false;
    if (head.running === null) this.#file(buffer);
    head.forgotten = true;
  }

  /**
   * The metadata block was freed (jbd2_journal_revoke): as forget, and recovery is told not to replay older copies of it.
   * `buffer` may be null when the caller does not hold it.
   */
  *revoke(block: number, buffer: BufferHead | null): Sleepable<void> {
    const { state } = this.journal;
    state.failIfAborted();
    const known = buffer ?? state.cache.find(block);
    if (!state.options.faults.has('jbd2-skip-revoke')) this.#addRevoke(block);
    if (known !== null) this.forget(known);
  }

  /** The inode's mapped data goes to disk before this transaction's commit block (jbd2_journal_inode_ranged_write). */
  addOrderedInode(inode: OrderedInode): void {
    const { ordered } = this.#transaction;
    if (inode.isTail === true && this.journal.state.options.faults.has('ordered-tail-has-one-slot'))
      for (const other of ordered)
        if (other.isTail === true && other.owner === inode.owner) ordered.delete(other);
    ordered.add(inode);
  }

  hasCredits(blocks: number): boolean {
    return this.#credits >= blocks;
  }

  /** Asks for more credits in the same transaction; false if it is too large or locked (jbd2_journal_extend). */
  *extend(blocks: number): Sleepable<boolean> {
    const { state } = this.journal;
    state.failIfAborted();
    const transaction = this.#transaction;
    if (transaction.state !== 'running') return false;
    if (transaction.outstandingCredits + blocks > state.maxTransactionBlocks) return false;
    transaction.outstandingCredits += blocks;
    this.#credits += blocks;
    return true;
  }

  /**
   * Ends this update and goes on in another transaction (jbd2_journal_restart): what was changed so far may be
   * committed without the rest. Fails with EROFS after an abort; the handle must be stopped all the same.
   */
  *restart(blocks: number): Sleepable<void> {
    const { state } = this.journal;
    state.failIfAborted();
    const reserved = this.#reserved;
    this.#leave();
    state.requestCommit(this.#transaction.tid);
    followWanted(this);
    this.#transaction = yield* joinTransaction(state, blocks, reserved?.blocks ?? 0);
    this.#credits = blocks;
    this.#reserved = reserved;
    this.#open = true;
    followTaken(this);
  }

  /** Takes the reservation out of the handle, to be started later; null if it has none, or was asked before. */
  takeReserved(): ReservedHandle | null {
    const reserved = this.#reserved;
    this.#reserved = null;
    return reserved;
  }

  /** Ends the update (jbd2_journal_stop). With `sync` it waits for the commit, and fails with EIO if that failed. */
  stop(): Sleepable<void> {
    if (!this.#open) return READY;
    this.#leave();
    return this.sync ? this.journal.waitForCommit(this.#transaction.tid) : READY;
  }

  #leave(): void {
    assert(this.#open, 'a handle is stopped twice');
    this.#open = false;
    const transaction = this.#transaction;
    transaction.outstandingCredits -= this.#credits;
    this.#credits = 0;
    if (this.#reserved !== null) unreserve(this.journal.state, this.#reserved.blocks);
    this.#reserved = null;
    transaction.updates--;
    followReleased(this);
  }

  #file(buffer: BufferHead): JournalHead {
    const head = journalHead(buffer) ?? makeJournalHead(buffer);
    if (head.running === null) {
      head.running = this.#transaction;
      head.modified = false;
      this.#transaction.buffers.push(head);
    }
    head.forgotten = false;
    return head;
  }

  /** Revoke blocks take room in the log, too: each that is begun costs the transaction a credit. */
  #addRevoke(block: number): void {
    const { revokes } = this.#transaction;
    const { revokesPerBlock } = this.journal.state.format;
    const before = revokes.size;
    revokes.add(block);
    if (revokes.size > before && before % revokesPerBlock === 0) this.#transaction.outstandingCredits++;
  }

  /** The block is metadata again before the transaction that freed it commits (jbd2_journal_cancel_revoke). */
  #cancelRevoke(buffer: BufferHead): void {
    const { revokes } = this.#transaction;
    if (revokes.size > 0) revokes.delete(buffer.block);
  }

  /** Nothing of the block is in the journal: its memory must never reach the disk (bforget). */
  #discard(buffer: BufferHead): void {
    buffer.dirty = false;
    const { cache } = this.journal.state;
    if (!buffer.locked && cache.find(buffer.block) === buffer) cache.drop(buffer.block);
  }
}
