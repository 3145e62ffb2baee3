import { assert } from '../lib/assert.ts';
import { fail } from '../lib/errno.ts';
import { followWanted } from '../sched/lock.ts';
import { preemptible, preemptionPoint, ready, type Sleepable } from '../sched/sleepable.ts';
import type { HeldLock, Task } from '../sched/task.ts';
import { joinReserved, joinTransaction, tryJoin, unreserve } from './admission.ts';
import { abortAfter, checkpointAll, markEmpty } from './checkpoint.ts';
import { commitTransaction } from './commit.ts';
import { FastCommitArea, type FastCommitReader } from './fast-commit-area.ts';
import { ReservedHandle } from './handle.ts';
import { JournalHandle } from './journal-handle.ts';
import type { Journaling } from './journaling.ts';
import { JournalState, type JournalOptions } from './journal-state.ts';
import { JournalSuperBlock } from './journal-superblock.ts';
import { RUNNING_HANDLE } from './lock-classes.ts';
import { LogArea } from './log-area.ts';
import { recoverLog, wipeLog } from './recovery.ts';
import type { OrderedInode } from './ordered-inode.ts';
import { nextTid } from './tid.ts';
import type { Transaction } from './transaction.ts';

export type { JournalOptions } from './journal-state.ts';

/** A handle that is not there yet. */
const HANDLE: HeldLock = { name: 'a handle', lockClass: RUNNING_HANDLE };

/**
 * The journal of a file system (journal_t): groups updates into transactions, writes each to the log in one piece, and
 * replays the log after a crash. open, then recover if needed, then begin, then start as often as wanted, then close.
 */
export class Journal implements Journaling {
  readonly recovers = true;
  /** For jbd2 alone. */
  readonly state: JournalState;
  /** For fast commits, where the file system has them. */
  readonly fastCommits: FastCommitArea;
  #fastCommitsWait = false;
  #daemon: Task | null = null;

  private constructor(state: JournalState) {
    this.state = state;
    this.fastCommits = new FastCommitArea(state);
  }

  /** Reads and verifies the journal's superblock. Corruption; MountRefused for features that are not known here. */
  static *open(options: JournalOptions): Sleepable<Journal> {
    const { cache, blocks, blockSize } = options;
    const superBlock = yield* JournalSuperBlock.read(cache.device, blocks.at(0), blockSize, blocks.length);
    const { raw } = superBlock;
    const end = raw.maxLength - superBlock.fastCommitBlocks;
    const area = new LogArea(blocks, raw.first, end, nextTid(raw.sequence));
    // Where the log was when it became empty (s_head); 0 in a log that is new.
    if (raw.start === 0) area.goOnAt(raw.head);
    return new Journal(new JournalState(options, superBlock, area));
  }

  /** The file system was not unmounted: home blocks may be older than the log (s_start is not 0). */
  get needsRecovery(): boolean {
    return this.state.superBlock.raw.start !== 0;
  }

  /** s_maxlen: the blocks of the log, its superblock among them. */
  get lengthBlocks(): number {
    return this.state.superBlock.raw.maxLength;
  }

  /** The end of the journal is for fast commits. */
  get hasFastCommits(): boolean {
    return this.state.options.fastCommits;
  }

  /** s_errno: an error that an earlier mount left behind, as a negative errno; 0 for none. */
  get storedError(): number {
    return this.state.superBlock.raw.errno | 0;
  }

  /** The error is known to the file system now (jbd2_journal_clear_err). Reaches the disk with the next commit or close. */
  clearStoredError(): void {
    this.state.superBlock.raw.errno = 0;
  }

  /**
   * Replays the log, durably, and empties it. Buffers that are in the cache change in place and lose `verified` and
   * `cached`. Throws Corruption when something in the log is damaged; what could be replayed is on the disk then.
   * When `fastCommits` has found some, they are to be replayed in the first transaction (replayFastCommits).
   */
  *recover(fastCommits: FastCommitReader): Sleepable<void> {
    if (!this.needsRecovery) return;
    yield* recoverLog(this.state, fastCommits);
    this.#fastCommitsWait = fastCommits.found;
  }

  /** Empties the log without replaying it (jbd2_journal_wipe); ids go on behind what it holds. */
  *wipe(): Sleepable<void> {
    yield* wipeLog(this.state);
  }

  /**
   * Makes the journal usable. Its superblock is written before the first commit, or now if fast commits wait for their
   * replay: then the log begins with the transaction that they belong to. MountRefused for a journal that is too short.
   */
  *begin(): Sleepable<void> {
    const wait = this.#fastCommitsWait;
    assert(!this.needsRecovery || wait, 'the journal was not recovered');
    const { state } = this;
    const { scheduler, fastCommits } = state.options;
    const { superBlock, area } = state;
    superBlock.setFeatures({ ...state.options, fastCommits: fastCommits || wait });
    area.resize(superBlock.logEnd());
    state.maxTransactionBlocks = state.usualTransactionBlocks;
    state.reformat();
    if (wait) {
      yield* superBlock.writeTail(state.nextTid, area.head);
      state.flushed = false;
    }
    this.#daemon = scheduler.spawnWorker(
      'jbd2',
      () => state.commitAsked,
      () => commitTransaction(state),
    );
  }

  /**
   * Runs `body` in one transaction, which may take the whole log, and commits it: after a crash all of it happened or
   * nothing, and if nothing, the fast commits that it replays are found again. `mayStart` answers whether a handle of so
   * many blocks still fits; the body starts no handle that does not. What it throws leaves the disk as it was.
   */
  *replayFastCommits(body: (mayStart: (blocks: number) => boolean) => Sleepable<void>): Sleepable<void> {
    const { state } = this;
    state.maxTransactionBlocks = state.spaceLeft - 1;
    const { tid } = state.runningTransaction();
    yield* body((blocks) => {
      const { outstandingCredits } = state.runningTransaction();
      return outstandingCredits + blocks <= state.maxTransactionBlocks;
    });
    assert(state.runningTid === tid, 'a replay of fast commits was committed in parts');
    yield* this.forceCommit();
    if (state.aborted) fail('EIO');
    state.maxTransactionBlocks = state.usualTransactionBlocks;
    this.#fastCommitsWait = false;
  }

  /**
   * Starts an update that changes at most `blocks` blocks, and sets credits aside for a later one (jbd2_journal_start).
   * Sleeps while a transaction is being locked or the log has no room. Fails with EROFS after an abort.
   */
  start(blocks: number, reservedBlocks = 0): Sleepable<JournalHandle> {
    const transaction = preemptible() ? null : tryJoin(this.state, blocks, reservedBlocks);
    if (transaction === null) return this.#waitAndStart(blocks, reservedBlocks);
    return ready(this.#handle(transaction, blocks, reservedBlocks));
  }

  *#waitAndStart(blocks: number, reservedBlocks: number): Sleepable<JournalHandle> {
    followWanted(HANDLE);
    yield* preemptionPoint('start of a handle');
    const transaction = yield* joinTransaction(this.state, blocks, reservedBlocks);
    return this.#handle(transaction, blocks, reservedBlocks);
  }

  #handle(transaction: Transaction, blocks: number, reservedBlocks: number): JournalHandle {
    const reserved = reservedBlocks > 0 ? new ReservedHandle(reservedBlocks) : null;
    return new JournalHandle(this, transaction, blocks, reserved);
  }

  /** Starts what was reserved (jbd2_journal_start_reserved). Never waits for the log. Fails with EROFS after an abort. */
  *startReserved(reserved: ReservedHandle): Sleepable<JournalHandle> {
    const transaction = joinReserved(this.state, reserved.blocks);
    return new JournalHandle(this, transaction, reserved.blocks, null);
  }

  /** Gives back a reservation that was not started (jbd2_journal_free_reserved). */
  releaseReserved(reserved: ReservedHandle): void {
    unreserve(this.state, reserved.blocks);
  }

  get reservedCredits(): number {
    return this.state.reservedCredits;
  }

  /** The most blocks that one handle may ask for, and one transaction may have. */
  get maxTransactionBlocks(): number {
    return this.state.maxTransactionBlocks;
  }

  /** Whose data has to be written before the running transaction may be durable. */
  get orderedInodes(): readonly OrderedInode[] {
    return [...(this.state.running?.ordered ?? [])];
  }

  /** The id of the running transaction, or of the one that would start next. */
  get runningTid(): number {
    return this.state.runningTid;
  }

  /** The transaction that may carry changes not yet on disk, or the last committed one when none does. */
  get newestTid(): number {
    const { running, committing, commitSequence } = this.state;
    return (running ?? committing)?.tid ?? commitSequence;
  }

  isCommitted(tid: number): boolean {
    return this.state.isCommitted(tid);
  }

  /** Whether a flush is still to come of the commit of `tid` (jbd2_trans_will_send_data_barrier). */
  willFlush(tid: number): boolean {
    const { state } = this;
    if (state.isCommitted(tid)) return false;
    return state.committing?.tid !== tid || state.committing.state !== 'flushing';
  }

  committingDataOf(owner: object): number | null {
    const { committing } = this.state;
    if (committing === null) return null;
    for (const inode of committing.ordered) if (inode.owner === owner) return committing.tid;
    return null;
  }

  /** Has `tid` committed, and waits for it (jbd2_complete_transaction). EIO if it never will be. */
  *waitForCommit(tid: number): Sleepable<void> {
    const { state } = this;
    if (state.isCommitted(tid)) return;
    const known = state.running?.tid === tid || state.committing?.tid === tid;
    if (known) yield* state.commitAndWait(tid);
    if (state.aborted) fail('EIO');
  }

  /** Commits what runs, or waits for what commits; false if there was nothing (jbd2_journal_start_commit and wait). */
  *forceCommit(): Sleepable<boolean> {
    const transaction = this.state.running ?? this.state.committing;
    if (transaction === null) return false;
    yield* this.waitForCommit(transaction.tid);
    return true;
  }

  /** Commits and checkpoints everything: the log is empty afterwards (jbd2_journal_flush). Fails with EIO. */
  *flush(): Sleepable<void> {
    const { state } = this;
    for (let done = false; !done;) {
      yield* this.forceCommit();
      yield* state.checkpointLock.lock();
      try {
        yield* checkpointAll(state);
        done = yield* markEmpty(state);
      } catch (error) {
        yield* abortAfter(state, error);
      } finally {
        state.checkpointLock.unlock();
      }
      if (state.aborted) fail('EIO');
    }
  }

  /** Flushes, unless the journal was aborted, and stops the commit worker (jbd2_journal_destroy). */
  *close(): Sleepable<void> {
    const { state } = this;
    try {
      if (!state.aborted) yield* this.flush();
    } finally {
      if (this.#daemon !== null) state.options.scheduler.stop(this.#daemon);
      this.#daemon = null;
      state.image.clear();
    }
  }

  get aborted(): boolean {
    return this.state.aborted;
  }

  /** After an error that must not spread: nothing more is logged; updates fail with EROFS, waits for commits with EIO. */
  *abort(): Sleepable<void> {
    yield* this.state.abort();
  }
}
