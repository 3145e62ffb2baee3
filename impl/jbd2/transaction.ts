import type { JournalHead } from './journal-head.ts';
import type { OrderedInode } from './ordered-inode.ts';

/** A compound transaction: the updates of many handles that reach the log together (struct transaction_s). */
export class Transaction {
  readonly tid: number;
  /**
   * T_RUNNING, held back by a fast commit, T_LOCKED (waiting for its handles to stop), T_FLUSH .. T_COMMIT_DFLUSH, T_COMMIT_JFLUSH (the
   * device is asked for the flush before the commit block), T_FINISHED.
   */
  state: 'running' | 'held' | 'locked' | 'committing' | 'flushing' | 'finished' = 'running';
  /** Open handles (t_updates). */
  updates = 0;
  /** Log blocks that it may still need, reserved ones included (t_outstanding_credits). */
  outstandingCredits: number;
  /** Everything a handle asked for; an entry counts while its `running` is this transaction. */
  readonly buffers: JournalHead[] = [];
  /** What was logged, once committing, and waits for its checkpoint; an entry counts while its `checkpoint` is this. */
  logged: JournalHead[] = [];
  /** What this transaction freed, once committing. */
  forgotten: JournalHead[] = [];
  /** Entries of `logged` that still need their home write. */
  checkpointPending = 0;
  /** Blocks freed as metadata: no older copy in the log may be replayed over them. */
  readonly revokes = new Set<number>();
  readonly ordered = new Set<OrderedInode>();
  /** First block of the log that belongs to it. */
  logStart = 0;
  readonly #callbacks: (() => void)[] = [];

  constructor(tid: number, outstandingCredits: number) {
    this.tid = tid;
    this.outstandingCredits = outstandingCredits;
  }

  /** Registers something to run, atomically, once the commit block is durable (j_commit_callback). */
  onCommit(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  /** To be called once, by the commit. */
  runCallbacks(): void {
    for (const callback of this.#callbacks) callback();
    this.#callbacks.length = 0;
  }
}
