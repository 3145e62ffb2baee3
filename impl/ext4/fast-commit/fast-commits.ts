import type { FastCommitArea } from '../../jbd2/fast-commit-area.ts';
import type { Journal } from '../../jbd2/journal.ts';
import type { Transaction } from '../../jbd2/transaction.ts';
import { Failure } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { SuperBlock } from '../super/super-block.ts';
import { prepareSnapshot, takeSnapshot } from './snapshot.ts';
import { Tracker } from './tracker.ts';

/** How often other tasks may change maps while their data goes out, before a full commit has to do. */
const ATTEMPTS_MAX = 3;

/** Writes fast commits for whoever wants a transaction durable (fs/ext4/fast_commit.c). */
export class FastCommits {
  readonly tracker = new Tracker();
  /** How many were written (fc_num_commits). */
  written = 0;
  readonly #sb: SuperBlock;
  readonly #journal: Journal;
  readonly #area: FastCommitArea;

  /** From now on what changes is tracked; what the running transaction changed before is not. */
  constructor(sb: SuperBlock, journal: Journal) {
    this.#sb = sb;
    this.#journal = journal;
    this.#area = journal.fastCommits;
    this.tracker.ineligible(journal.runningTid, 'mount');
    this.#area.onFullCommit((tid) => this.#cleanUp(tid));
  }

  /** Nobody need be told any more of what a full commit has made durable (ext4_fc_cleanup). */
  #cleanUp(tid: number): void {
    const everything = this.#sb.options.faults.has('full-commit-forgets-newer-changes');
    this.tracker.committed(everything ? this.tracker.tid : tid);
  }

  /**
   * Makes everything durable that transaction `tid` has changed so far, with a fast commit where one will do, else with a full
   * one (ext4_fc_commit). Fails with EIO.
   */
  *commit(tid: number): Sleepable<void> {
    const { tracker } = this;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      if (tracker.tid !== tid || tracker.isIneligible(tid)) break;
      const { mapChanges } = tracker;
      if (!(yield* this.#writeData())) break;
      const transaction = yield* this.#area.begin(tid);
      if (transaction === null) break;
      try {
        const blocks = yield* this.#snapshot(transaction, mapChanges);
        if (blocks === null) break;
        if (blocks === 'again') continue;
        yield* this.#write(tid, blocks);
        if (!tracker.isIneligible(tid)) return;
      } finally {
        this.#area.end();
      }
    }
    yield* this.#journal.waitForCommit(tid);
  }

  /** The blocks of which a fast commit would tell have to hold what they are to hold (ext4_fc_flush_data). */
  *#writeData(): Sleepable<boolean> {
    try {
      for (const inode of this.#journal.orderedInodes) yield* inode.writeOrdered();
      return true;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return false;
    }
  }

  /** Null when a full commit has to do; 'again' when files got blocks whose data may not be written. */
  *#snapshot(
    transaction: Transaction,
    mapChanges: number,
  ): Sleepable<readonly Uint8Array[] | 'again' | null> {
    const { tracker } = this;
    yield* this.#area.hold(transaction);
    try {
      yield* prepareSnapshot(tracker);
      if (tracker.isIneligible(transaction.tid) || this.#journal.aborted) return null;
      if (tracker.mapChanges !== mapChanges || transaction.updates > 0) return 'again';
      // What was told is told: there is nothing new.
      if (tracker.files.size === 0 && tracker.names.length === 0) return [];
      const blocks = takeSnapshot(this.#sb, tracker, this.#area.isEmpty);
      if (blocks === null || blocks.length > this.#area.free) return null;
      tracker.told();
      return blocks;
    } finally {
      this.#area.release(transaction);
    }
  }

  *#write(tid: number, blocks: readonly Uint8Array[]): Sleepable<void> {
    try {
      if (blocks.length === 0) return yield* this.#sb.cache.flush();
      yield* this.#area.write(blocks);
      this.written++;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // Nobody will hear again of what this one would have told.
      this.tracker.ineligible(tid, 'write failed');
    }
  }
}
