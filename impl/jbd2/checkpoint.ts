import { Failure } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { JournalHead } from './journal-head.ts';
import type { JournalState } from './journal-state.ts';
import type { Transaction } from './transaction.ts';

/**
 * Checkpointing writes home blocks, so that the oldest part of the log is not needed any more (fs/jbd2/checkpoint.c).
 *
 * A buffer's memory may be newer than what is committed. Then it must not go home: if the newer transaction never
 * committed, the home block would hold half of it. As in the kernel, that transaction is committed first, which moves the
 * buffer on to its checkpoint list. So no copy of the committed version is kept, and a block that every transaction changes
 * (a bitmap, a group descriptor) is never written home for the sake of an old transaction. The same rule covers a block
 * that the newer transaction freed: until that commits, the log must keep the block's contents.
 */

/** The part of the log that a checkpoint tries to free at once, so that the flush is shared. */
const BATCH_FRACTION = 4;

/** Makes room for one whole transaction (__jbd2_log_wait_for_space). On return there is, or the journal is aborted. */
export function* makeSpace(state: JournalState): Sleepable<void> {
  while (lacksSpace(state)) {
    let waitFor: Transaction | null = null;
    yield* state.checkpointLock.lock();
    try {
      // Somebody else may have made room while this task waited for the lock.
      if (lacksSpace(state) && !(yield* moveTail(state))) {
        if (state.checkpoints.length > 0) {
          const wanted = state.area.size / BATCH_FRACTION + state.maxTransactionBlocks - state.spaceLeft;
          yield* checkpointOldest(state, wanted);
          yield* moveTail(state);
        } else if (state.committing !== null) {
          waitFor = state.committing;
        } else {
          yield* state.abort();
        }
      }
    } catch (error) {
      yield* abortAfter(state, error);
    } finally {
      state.checkpointLock.unlock();
    }
    if (waitFor !== null) yield* state.commitAndWait(waitFor.tid);
  }
}

const lacksSpace = (state: JournalState): boolean =>
  state.spaceLeft < state.maxTransactionBlocks && !state.aborted;

/** Writes home everything that is committed. The caller holds checkpointLock. */
export function* checkpointAll(state: JournalState): Sleepable<void> {
  state.dropFinished();
  while (state.checkpoints.length > 0 && !state.aborted) {
    yield* checkpointOldest(state, state.area.size);
    state.dropFinished();
  }
}

/**
 * Says in the superblock that nothing before the oldest needed transaction is needed (jbd2_cleanup_journal_tail). Home
 * blocks are made durable first. False if the tail stands already where it can stand.
 */
export function* moveTail(state: JournalState): Sleepable<boolean> {
  const { area, superBlock } = state;
  state.dropFinished();
  if (state.flushed || state.aborted) return false;
  const oldest = state.checkpoints[0] ?? state.committing;
  const tid = oldest?.tid ?? state.runningTid;
  const block = oldest?.logStart ?? area.head;
  if (block === area.tail) return false;
  yield* makeHomesDurable(state);
  yield* superBlock.writeTail(tid, block);
  area.moveTail(tid, block);
  return true;
}

/** Before the log forgets what the home blocks hold now, they must have arrived. */
function* makeHomesDurable(state: JournalState): Sleepable<void> {
  if (!state.options.faults.has('jbd2-checkpoint-without-flush')) yield* state.cache.flush();
}

/**
 * Says in the superblock that the log is empty (jbd2_mark_journal_empty), if it is. `flushed` is set before the write:
 * a commit that starts meanwhile sees it and waits for the lock, to mark the log as used again.
 */
export function* markEmpty(state: JournalState): Sleepable<boolean> {
  const { area } = state;
  if (state.checkpoints.length > 0 || state.committing !== null || state.aborted) return false;
  if (state.flushed) return true;
  state.flushed = true;
  const tid = state.runningTid;
  const block = area.head;
  yield* makeHomesDurable(state);
  yield* state.superBlock.writeEmpty(tid, block);
  area.moveTail(tid, block);
  return true;
}

/**
 * Writes home the oldest transaction, and the ones after it until about `wanted` blocks of the log are not needed (jbd2_
 * log_do_checkpoint). checkpointLock is held, but given up while a newer transaction has to commit first.
 */
function* checkpointOldest(state: JournalState, wanted: number): Sleepable<void> {
  const [oldest] = state.checkpoints;
  if (oldest === undefined) return;
  const heads: JournalHead[] = [];
  let blocker: Transaction | null = null;
  for (const transaction of state.checkpoints) {
    const found = collect(transaction, heads);
    if (transaction === oldest) blocker = found;
    if (found !== null || state.area.distance(oldest.logStart, transaction.logStart) >= wanted) break;
  }
  heads.sort((left, right) => left.buffer.block - right.buffer.block);
  yield* state.cache.writeDirty(heads.map((head) => head.buffer));
  for (const head of heads) {
    if (!isBusy(head) && !head.buffer.dirty && !head.buffer.locked) leave(head);
  }
  if (blocker === null) return;
  state.checkpointLock.unlock();
  yield* state.commitAndWait(blocker.tid);
  yield* state.checkpointLock.lock();
}

/** Adds what has to be written to `heads`; answers a newer transaction that has to commit first, if there is one. */
function collect(transaction: Transaction, heads: JournalHead[]): Transaction | null {
  let blocker: Transaction | null = null;
  for (const head of transaction.logged) {
    if (head.checkpoint !== transaction) continue;
    if (isBusy(head)) blocker = head.committing ?? head.running;
    else if (head.buffer.dirty || head.buffer.locked) heads.push(head);
    else leave(head);
  }
  return blocker;
}

const isBusy = (head: JournalHead): boolean => head.running !== null || head.committing !== null;

function leave(head: JournalHead): void {
  head.leaveCheckpoint();
  head.release();
}

/** A home block or the superblock could not be written: the log must stay as it is, for recovery. */
export function* abortAfter(state: JournalState, error: unknown): Sleepable<void> {
  yield* state.abort();
  if (!(error instanceof Failure)) throw error;
}
