import type { BlockRuns } from '../block/block-runs.ts';
import type { BufferCache } from '../buffer/buffer-cache.ts';
import { WriteBatch } from '../buffer/write-batch.ts';
import { fail, Failure } from '../lib/errno.ts';
import type { FaultSwitches } from '../lib/faults.ts';
import { Mutex } from '../sched/lock.ts';
import type { Scheduler } from '../sched/scheduler.ts';
import { waitUntil, type Sleepable } from '../sched/sleepable.ts';
import { CHECKPOINT_MUTEX } from './lock-classes.ts';
import type { JournalFeatures, JournalSuperBlock } from './journal-superblock.ts';
import type { LogArea } from './log-area.ts';
import { LogFormat } from './log-format.ts';
import { LogImage } from './log-image.ts';
import { nextTid, previousTid, tidAtOrAfter } from './tid.ts';
import { Transaction } from './transaction.ts';

/** A point in time, as the commit block stores it. */
export interface CommitTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export interface JournalOptions extends JournalFeatures {
  readonly scheduler: Scheduler;
  /** The home blocks, and the device. */
  readonly cache: BufferCache;
  /** Bytes. */
  readonly blockSize: number;
  /** Where the journal lies on the device, its superblock first. */
  readonly blocks: BlockRuns;
  /** Of the file system (16 bytes). */
  readonly uuid: Uint8Array;
  readonly faults: FaultSwitches;
  /** The caller's clock, for the time in the commit block. */
  now(): CommitTime;
  /** Somebody wants to start an update and finds the journal aborted: before it is refused (ext4_journal_check_start). */
  abortNoticed(): Sleepable<void>;
}

/** A transaction's descriptor blocks, as a fraction of its size (JBD2_CONTROL_BLOCKS_SHIFT). */
const CONTROL_BLOCKS_FRACTION = 32;
/** Blocks of the log that nobody counts on (jbd2_log_space_left). */
const SPARE_BLOCKS = 32;

/** What the parts of the journal share (the changing half of struct journal_s). */
export class JournalState {
  readonly options: JournalOptions;
  readonly cache: BufferCache;
  readonly superBlock: JournalSuperBlock;
  readonly area: LogArea;
  readonly checkpointLock: Mutex;
  readonly batch: WriteBatch;
  /** Blocks that one transaction may need at most (j_max_transaction_buffers). */
  maxTransactionBlocks: number;
  format: LogFormat;
  image: LogImage;
  running: Transaction | null = null;
  committing: Transaction | null = null;
  /** Committed transactions whose home blocks are not all written, oldest first. */
  readonly checkpoints: Transaction[] = [];
  /** The id of the next transaction that starts (j_transaction_sequence). */
  nextTid: number;
  /** The transaction that somebody wants committed (j_commit_request). */
  commitRequest: number;
  /** The newest committed one (j_commit_sequence). */
  commitSequence: number;
  /** Credits set aside by handles that have not started (j_reserved_credits). */
  reservedCredits = 0;
  /** The superblock on disk says that the log is empty (JBD2_FLUSHED): it must be written before the next commit. */
  flushed = true;
  aborted = false;
  /** A fast commit is under way: a full one waits (JBD2_FAST_COMMIT_ONGOING). */
  fastCommitting = false;
  /** Blocks of the fast commit area that the running transaction has used (j_fc_off). */
  fastCommitUsed = 0;
  /** Hears which transaction a full commit has made durable (j_fc_cleanup_callback). */
  fullyCommitted: (tid: number) => void = () => {};

  constructor(options: JournalOptions, superBlock: JournalSuperBlock, area: LogArea) {
    this.options = options;
    this.cache = options.cache;
    this.superBlock = superBlock;
    this.area = area;
    this.checkpointLock = new Mutex(options.scheduler, CHECKPOINT_MUTEX);
    this.batch = new WriteBatch(options.cache.device, options.blockSize);
    this.maxTransactionBlocks = this.usualTransactionBlocks;
    this.format = new LogFormat(superBlock.raw);
    this.image = new LogImage(this.format, options.uuid, options.cache.memory);
    this.nextTid = area.tailTid;
    this.commitSequence = previousTid(area.tailTid);
    this.commitRequest = this.commitSequence;
  }

  /** A quarter of the log (jbd2_journal_get_max_txn_bufs). */
  get usualTransactionBlocks(): number {
    return Math.floor(this.area.end / 4);
  }

  /** Starts counting transactions at `tid`, with an empty log. */
  restartAt(tid: number): void {
    this.nextTid = tid;
    this.commitSequence = previousTid(tid);
    this.commitRequest = this.commitSequence;
    this.area.tailTid = tid;
  }

  /** The features in the superblock have changed. */
  reformat(): void {
    this.format = new LogFormat(this.superBlock.raw);
    this.image = new LogImage(this.format, this.options.uuid, this.options.cache.memory);
  }

  /** The running transaction, a new one if there is none (jbd2_get_transaction). */
  runningTransaction(): Transaction {
    return (this.running ??= this.#newTransaction());
  }

  get runningTid(): number {
    return this.running?.tid ?? this.nextTid;
  }

  /** Blocks of the log that a new transaction can count on (jbd2_log_space_left). */
  get spaceLeft(): number {
    return this.area.free - SPARE_BLOCKS;
  }

  isCommitted(tid: number): boolean {
    return tidAtOrAfter(this.commitSequence, tid);
  }

  /** Asks the daemon to commit `tid`, if that is the running transaction (jbd2_log_start_commit). */
  requestCommit(tid: number): void {
    if (this.running !== null && this.running.tid === tid) this.commitRequest = tid;
  }

  /** The daemon has something to do. */
  get commitAsked(): boolean {
    return this.running !== null && this.commitRequest === this.running.tid && !this.aborted;
  }

  /** Asks for the commit of `tid` and waits until it is committed, or the journal aborted (jbd2_log_wait_commit). */
  *commitAndWait(tid: number): Sleepable<void> {
    this.requestCommit(tid);
    yield* waitUntil(`commit of transaction ${tid}`, () => this.isCommitted(tid) || this.aborted);
  }

  /** Takes a committed transaction that no longer needs the log off the list, if it is the oldest. */
  dropFinished(): void {
    while (this.checkpoints[0]?.checkpointPending === 0) this.checkpoints.shift();
  }

  /**
   * The journal can no longer promise anything (jbd2_journal_abort): nothing more is written to the log. The journal's
   * superblock says so, if it can still be written, so that the next mount knows.
   */
  *abort(): Sleepable<void> {
    if (this.aborted) return;
    this.aborted = true;
    try {
      yield* this.superBlock.writeError();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }

  failIfAborted(): void {
    if (this.aborted) fail('EROFS');
  }

  #newTransaction(): Transaction {
    const overhead = Math.ceil(this.maxTransactionBlocks / CONTROL_BLOCKS_FRACTION);
    const transaction = new Transaction(this.nextTid, overhead + this.reservedCredits);
    this.nextTid = nextTid(this.nextTid);
    return transaction;
  }
}
