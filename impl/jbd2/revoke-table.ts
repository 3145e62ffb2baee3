import { tidAfter } from './tid.ts';

/** What recovery knows about revoked blocks: for each the last transaction that revoked it. */
export class RevokeTable {
  readonly #sequences = new Map<number, number>();

  /** jbd2_journal_set_revoke */
  set(block: number, sequence: number): void {
    const known = this.#sequences.get(block);
    if (known === undefined || tidAfter(sequence, known)) this.#sequences.set(block, sequence);
  }

  /**
   * Must the copy that transaction `sequence` logged be left out (jbd2_journal_test_revoke)? A revoke stands for its own
   * transaction and all before it; what was logged later is a new use of the block.
   */
  covers(block: number, sequence: number): boolean {
    const revoked = this.#sequences.get(block);
    return revoked !== undefined && !tidAfter(sequence, revoked);
  }
}
