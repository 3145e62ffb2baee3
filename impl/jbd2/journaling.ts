import type { Sleepable } from '../sched/sleepable.ts';
import type { Handle, ReservedHandle } from './handle.ts';

/** What a file system asks of whatever carries its updates to the disk: a journal, or nothing but the buffer cache. */
export interface Journaling {
  /** After a crash what was begun is finished by the next mount: what it needs to know must be noted down. */
  readonly recovers: boolean;
  /** s_maxlen: the blocks of the log; 0 without one. */
  readonly lengthBlocks: number;
  /**
   * Starts an update that changes at most `blocks` blocks, and sets credits aside for a later one (ext4_journal_start).
   * Fails with EROFS after an abort.
   */
  start(blocks: number, reservedBlocks?: number): Sleepable<Handle>;
  /** Starts what was reserved. Never waits for the log. Fails with EROFS after an abort. */
  startReserved(reserved: ReservedHandle): Sleepable<Handle>;
  /** Gives back a reservation that was not started. */
  releaseReserved(reserved: ReservedHandle): void;
  /** Credits that are set aside for updates which have not started. */
  readonly reservedCredits: number;
  /** The transaction that may carry changes not yet on disk, or the last committed one when none does. */
  readonly newestTid: number;
  isCommitted(tid: number): boolean;
  /** Whether a flush is still to come of the commit of `tid`, for data that the device has taken by now (jbd2_trans_will_send_data_barrier). */
  willFlush(tid: number): boolean;
  /** The transaction that commits at this moment, if it promised data of `owner`; else null. */
  committingDataOf(owner: object): number | null;
  /** Has `tid` committed, and waits for it (jbd2_complete_transaction). EIO if it never will be. */
  waitForCommit(tid: number): Sleepable<void>;
  /** Makes every update so far durable; false if there was none. */
  forceCommit(): Sleepable<boolean>;
  /** Every update goes to its home on the disk, and the log is empty afterwards (jbd2_journal_flush). Fails with EIO. */
  flush(): Sleepable<void>;
  /** Every update goes to its home on the disk, unless the journal was aborted; nothing may be started any more. */
  close(): Sleepable<void>;
  readonly aborted: boolean;
  /** After an error that must not spread: updates fail with EROFS, waits for commits with EIO. */
  abort(): Sleepable<void>;
}
