import type { BufferHead } from '../buffer/buffer-head.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { OrderedInode } from './ordered-inode.ts';
import type { Transaction } from './transaction.ts';

/** Credits set aside for a handle that starts later, perhaps while a commit waits for it (h_rsv_handle). */
export class ReservedHandle {
  readonly blocks: number;

  constructor(blocks: number) {
    this.blocks = blocks;
  }
}

/**
 * One update of the metadata, and the rules for changing buffers in it. With a journal everything changed under a handle
 * reaches the disk together or not at all.
 */
export interface Handle {
  /** The transaction should be committed, and waited for, when this handle stops. */
  sync: boolean;
  /** Changes only in restart(). */
  readonly transaction: Transaction;
  /** May the buffer be changed, because this transaction asked before? Then getWriteAccess would do nothing. */
  hasWriteAccess(buffer: BufferHead): boolean;
  /** To be called before the buffer is changed (jbd2_journal_get_write_access). Fails with EROFS after an abort. */
  getWriteAccess(buffer: BufferHead): Sleepable<void>;
  /** As getWriteAccess, for a block that was just allocated: what the buffer holds does not matter. */
  getCreateAccess(buffer: BufferHead): Sleepable<void>;
  /** To be called after the buffer was changed (jbd2_journal_dirty_metadata). */
  dirtyMetadata(buffer: BufferHead): void;
  /** The buffer's block was freed, and never held metadata (jbd2_journal_forget). */
  forget(buffer: BufferHead): void;
  /**
   * The metadata block was freed (jbd2_journal_revoke): nothing old may be written over what it will hold. `buffer` may be
   * null when the caller does not hold it.
   */
  revoke(block: number, buffer: BufferHead | null): Sleepable<void>;
  /** The inode's mapped data goes to disk before this update does (jbd2_journal_inode_ranged_write). */
  addOrderedInode(inode: OrderedInode): void;
  hasCredits(blocks: number): boolean;
  /** Asks for more credits in the same transaction; false if it is too large or locked (jbd2_journal_extend). */
  extend(blocks: number): Sleepable<boolean>;
  /** Ends this update and goes on in another transaction (jbd2_journal_restart). Fails with EROFS after an abort. */
  restart(blocks: number): Sleepable<void>;
  /** Takes the reservation out of the handle, to be started later; null if it has none, or was asked before. */
  takeReserved(): ReservedHandle | null;
  /** Ends the update (jbd2_journal_stop). With `sync` it waits for the commit, and fails with EIO if that failed. */
  stop(): Sleepable<void>;
}
