import type { Transaction } from '../../jbd2/transaction.ts';
import type { HeldRun } from './preallocation.ts';

/**
 * Clusters that were freed under a transaction that has not committed (s_freed_data_list): until then a crash would give
 * them back to their owner, so nobody else may have them.
 */
export class PendingFrees {
  /** How many there are (s_mb_free_pending). */
  clusters = 0;
  readonly #release: (run: HeldRun) => void;
  #newest: { readonly transaction: Transaction; readonly runs: HeldRun[] } | null = null;

  /** `release` takes a run whose transaction has committed. */
  constructor(release: (run: HeldRun) => void) {
    this.#release = release;
  }

  add(transaction: Transaction, run: HeldRun): void {
    if (this.#newest?.transaction !== transaction) {
      const runs: HeldRun[] = [];
      this.#newest = { transaction, runs };
      transaction.onCommit(() => this.#committed(runs));
    }
    this.#newest.runs.push(run);
    this.clusters += run.length;
  }

  /** ext4_process_freed_data: the commit is durable, the old owner cannot come back. */
  #committed(runs: readonly HeldRun[]): void {
    for (const run of runs) {
      this.clusters -= run.length;
      this.#release(run);
    }
    if (this.#newest?.runs === runs) this.#newest = null;
  }
}
