import { SECTOR_BYTES } from '../block/bio.ts';
import { transfer } from '../block/transfer.ts';
import { fail } from '../lib/errno.ts';
import { waitUntil, type Sleepable } from '../sched/sleepable.ts';
import type { JournalState } from './journal-state.ts';
import { tidAtOrAfter } from './tid.ts';
import type { Transaction } from './transaction.ts';

/**
 * The end of the journal, where a file system writes short notes of what the running transaction has changed, so that fsync
 * need not wait for a full commit. What the notes say is the file system's; after a crash they count if their transaction
 * is the one after the last that the log holds.
 */

/** Reads the area in the order in which it was written (j_fc_replay_callback in its scan). */
export interface FastCommitReader {
  /** Takes the next block, `tid` being the transaction that counts; answers whether the one after it may go on. */
  add(data: Uint8Array, tid: number): boolean;
  /** Is anything there to be replayed? */
  readonly found: boolean;
}

/** The first block of the area is never used (j_fc_first). */
const firstBlock = (state: JournalState): number => state.area.end + 1;

/** Shows the area to `reader`. Fails with EIO. */
export function* readFastCommits(
  state: JournalState,
  tid: number,
  reader: FastCommitReader,
): Sleepable<void> {
  const { cache, options, superBlock, area } = state;
  const end = area.end + superBlock.fastCommitBlocks;
  for (let block = firstBlock(state); block < end; block++) {
    const data = new Uint8Array(options.blockSize);
    yield* transfer(cache.device, {
      direction: 'read',
      sector: area.deviceBlock(block) * (options.blockSize / SECTOR_BYTES),
      segments: [data],
      preflush: false,
      fua: false,
    });
    if (!reader.add(data, tid)) break;
  }
}

/** Writes fast commits (jbd2_fc_begin_commit and its kin). Between `begin` and `end` no full commit starts. */
export class FastCommitArea {
  readonly #state: JournalState;

  constructor(state: JournalState) {
    this.#state = state;
  }

  /** `hear` is told of each transaction that a full commit has made durable. */
  onFullCommit(hear: (tid: number) => void): void {
    this.#state.fullyCommitted = hear;
  }

  /** Blocks that the running transaction may still use. */
  get free(): number {
    const { superBlock, fastCommitUsed } = this.#state;
    return Math.max(0, superBlock.fastCommitBlocks - 1 - fastCommitUsed);
  }

  /** No fast commit was written since the last full one. */
  get isEmpty(): boolean {
    return this.#state.fastCommitUsed === 0;
  }

  /**
   * The running transaction, once a fast commit of it may begin; null when only a full commit will do, or `tid` is
   * committed. A transaction that is being committed is waited for: its fast commits count until it is durable. In an empty
   * log nobody looks for fast commits, so there has to be a full one first. Fails with EIO after an abort.
   */
  *begin(tid: number): Sleepable<Transaction | null> {
    const state = this.#state;
    while (state.committing !== null || state.fastCommitting) {
      yield* waitUntil(
        'another commit',
        () => state.aborted || (state.committing === null && !state.fastCommitting),
      );
      if (state.aborted) fail('EIO');
    }
    const { running } = state;
    if (state.isCommitted(tid) || running === null || running.tid !== tid) return null;
    const asked = tidAtOrAfter(state.commitRequest, tid) || running.state !== 'running';
    if (asked || state.flushed || state.aborted) return null;
    state.fastCommitting = true;
    return running;
  }

  /** No update is under way, and none starts, until `release` (jbd2_journal_lock_updates). */
  *hold(transaction: Transaction): Sleepable<void> {
    transaction.state = 'held';
    if (transaction.updates > 0) {
      yield* waitUntil(`handles of transaction ${transaction.tid}`, () => transaction.updates === 0);
    }
  }

  release(transaction: Transaction): void {
    transaction.state = 'running';
  }

  /**
   * Writes the blocks, durably, and with them everything that was written before (jbd2_fc_get_buf, jbd2_fc_wait_bufs). One of them comes last, when all
   * others are durable: the last one, so that it tells that the fast commit is whole; but the very first block of the
   * area before all others, so that a fast commit that was cut short is not even begun: Linux and e2fsck take the start of
   * one without any whole one before it for damage. Fails with EIO, ENOSPC.
   */
  *write(blocks: readonly Uint8Array[]): Sleepable<void> {
    const state = this.#state;
    if (blocks.length > this.free) fail('ENOSPC');
    const start = firstBlock(state) + state.fastCommitUsed;
    const last = this.isEmpty ? 0 : blocks.length - 1;
    state.fastCommitUsed += blocks.length;
    for (const [index, data] of blocks.entries()) {
      if (index !== last) state.batch.add(state.area.deviceBlock(start + index), data);
    }
    yield* state.batch.finish();
    yield* transfer(state.cache.device, {
      direction: 'write',
      sector: state.area.deviceBlock(start + last) * (state.options.blockSize / SECTOR_BYTES),
      segments: blocks.slice(last, last + 1),
      preflush: true,
      fua: true,
    });
  }

  /** Full commits may start again. */
  end(): void {
    this.#state.fastCommitting = false;
  }
}
