import { fail } from '../lib/errno.ts';
import { waitUntil, type Sleepable } from '../sched/sleepable.ts';
import { makeSpace } from './checkpoint.ts';
import type { JournalState } from './journal-state.ts';
import type { Transaction } from './transaction.ts';

/** Joins as joinTransaction does, when that needs no sleep; null when it does. Fails with ENOSPC as it does. */
export function tryJoin(state: JournalState, blocks: number, reserved: number): Transaction | null {
  const max = state.maxTransactionBlocks;
  const total = blocks + reserved;
  if (reserved > max / 2 || total > max) fail('ENOSPC');
  if (state.aborted) return null;
  const transaction = state.runningTransaction();
  const hasRoom = transaction.outstandingCredits + total <= max && state.spaceLeft >= max;
  const mayReserve = reserved === 0 || state.reservedCredits + reserved <= max / 2;
  if (transaction.state !== 'running' || !hasRoom || !mayReserve) return null;
  transaction.outstandingCredits += total;
  state.reservedCredits += reserved;
  transaction.updates++;
  return transaction;
}

/**
 * Joins the running transaction with `blocks` credits and sets `reserved` more aside (start_this_handle,
 * add_transaction_credits). Sleeps while the transaction is locked for its commit, would become too large, or the log has
 * no room. The commit must never wait for room, so a whole transaction's worth is free before anybody joins.
 * Fails with EROFS after an abort, ENOSPC for more than a transaction can hold.
 */
export function* joinTransaction(
  state: JournalState,
  blocks: number,
  reserved: number,
): Sleepable<Transaction> {
  const max = state.maxTransactionBlocks;
  const total = blocks + reserved;
  for (;;) {
    if (state.aborted) yield* refuse(state);
    const joined = tryJoin(state, blocks, reserved);
    if (joined !== null) return joined;
    const transaction = state.runningTransaction();
    if (transaction.state === 'held') {
      yield* waitUntil('a fast commit', () => transaction.state !== 'held' || state.aborted);
    } else if (transaction.state !== 'running') {
      yield* waitForSwitch(state, transaction);
    } else if (transaction.outstandingCredits + total > max) {
      if (state.reservedCredits + total > max) yield* waitForReservations(state, max - total);
      else yield* waitForSwitch(state, transaction);
    } else if (state.spaceLeft < max) {
      yield* makeSpace(state);
    } else {
      yield* waitForReservations(state, max / 2 - reserved);
    }
  }
}

/** An aborted journal takes no update; the file system hears of it once more. Fails with EROFS. */
function* refuse(state: JournalState): Sleepable<never> {
  yield* state.options.abortNoticed();
  return fail('EROFS');
}

/**
 * Joins with credits that were set aside earlier. It never waits, not even for a transaction that is being locked: the
 * commit may be waiting for the very writeback that holds the reservation. The switch of transactions is atomic here, so
 * there is no T_SWITCH to wait for.
 */
export function joinReserved(state: JournalState, blocks: number): Transaction {
  state.failIfAborted();
  const transaction = state.runningTransaction();
  // The credits are part of the transaction already: every new one starts with all reservations.
  state.reservedCredits -= blocks;
  transaction.updates++;
  return transaction;
}

/** Gives back credits that were set aside (__jbd2_journal_unreserve_handle). */
export function unreserve(state: JournalState, blocks: number): void {
  state.reservedCredits -= blocks;
  if (state.running !== null) state.running.outstandingCredits -= blocks;
}

/** Has the transaction committed, and waits until the next may start (wait_transaction_locked). */
function* waitForSwitch(state: JournalState, transaction: Transaction): Sleepable<void> {
  state.requestCommit(transaction.tid);
  yield* waitUntil(
    `switch from transaction ${transaction.tid}`,
    () => state.running !== transaction || state.aborted,
  );
}

function* waitForReservations(state: JournalState, limit: number): Sleepable<void> {
  yield* waitUntil('reserved credits', () => state.reservedCredits <= limit || state.aborted);
}
