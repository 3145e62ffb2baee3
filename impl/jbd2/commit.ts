import { SECTOR_BYTES } from '../block/bio.ts';
import { transfer } from '../block/transfer.ts';
import { assert, present } from '../lib/assert.ts';
import { Failure } from '../lib/errno.ts';
import { waitUntil, type Sleepable } from '../sched/sleepable.ts';
import { abortAfter } from './checkpoint.ts';
import type { JournalState } from './journal-state.ts';
import type { Transaction } from './transaction.ts';

/**
 * Commits the running transaction (jbd2_journal_commit_transaction), when asked to, in a worker. The order of things:
 *
 * 1. New handles are held back until the open ones have stopped.
 * 2. The switch, in one atomic step: every changed buffer is sealed and copied as the log will hold it. From here on the
 *    next transaction may start, and change the same buffers.
 * 3. Data of ordered inodes. It comes after the switch: a task that holds a folio lock may be waiting in `start`, and
 *    writing the data needs that lock. Data that the next transaction adds to a folio goes out with it, which harms nobody.
 * 4. The log, then a flush, then the commit block, durable when it returns.
 */
export function* commitTransaction(state: JournalState): Sleepable<void> {
  const transaction = present(state.running, 'the running transaction');
  if (state.fastCommitting) yield* waitUntil('a fast commit', () => !state.fastCommitting || state.aborted);
  transaction.state = 'locked';
  if (transaction.updates > 0) {
    yield* waitUntil(`handles of transaction ${transaction.tid}`, () => transaction.updates === 0);
  }
  if (state.aborted) return;
  switchTransaction(state, transaction);
  if (!state.options.faults.has('jbd2-skip-ordered-data')) yield* writeOrderedData(transaction);
  try {
    state.failIfAborted();
    if (state.flushed) yield* markLogUsed(state, transaction);
    yield* writeLog(state, transaction);
    transaction.state = 'flushing';
    yield* writeCommitBlock(state, transaction);
  } catch (error) {
    yield* abortAfter(state, error);
  }
  // A home write of a freed block that is under way must not hit the block's next user.
  for (const { buffer } of transaction.forgotten) {
    if (buffer.locked) yield* waitUntil(`buffer ${buffer.block}`, () => !buffer.locked);
  }
  finish(state, transaction);
}

/** Everything that belongs to the transaction leaves memory's control, in one atomic step. */
function switchTransaction(state: JournalState, transaction: Transaction): void {
  assert(state.committing === null, 'two transactions commit at once');
  const skipsRelogged = state.options.faults.has('commit-skips-relogged');
  for (const head of transaction.buffers) {
    if (head.running !== transaction) continue;
    head.running = null;
    if (head.forgotten) {
      transaction.forgotten.push(head);
      head.committing = transaction;
    } else if (head.modified && !(skipsRelogged && head.checkpoint !== null)) {
      transaction.logged.push(head);
      head.committing = transaction;
    } else {
      // Asked for, but not changed: it is again what it was.
      head.buffer.dirty = head.wasDirty || head.checkpoint !== null;
      head.release();
    }
    head.wasDirty = false;
    head.modified = false;
    head.forgotten = false;
  }
  transaction.buffers.length = 0;
  applySeals(transaction);
  buildImage(state, transaction);
  state.committing = transaction;
  state.running = null;
  state.fastCommitUsed = 0;
  transaction.state = 'committing';
}

function applySeals(transaction: Transaction): void {
  for (const { buffer } of transaction.logged) if (buffer.seal?.stage === 0) buffer.seal.apply(buffer);
  for (const { buffer } of transaction.logged) if (buffer.seal?.stage === 1) buffer.seal.apply(buffer);
}

/** Copies the buffers as the log will hold them, and takes their place in the log. */
function buildImage(state: JournalState, transaction: Transaction): void {
  const { image, area } = state;
  image.start(transaction.tid);
  image.addRevokes(transaction.revokes);
  const escapes = !state.options.faults.has('jbd2-skip-escape');
  for (const { buffer } of transaction.logged) image.addData(buffer.block, buffer.data, escapes);
  image.finish();
  const length = image.blocks.length + 1;
  assert(
    length < area.free,
    () => `transaction ${transaction.tid} needs ${length} blocks of the log, ${area.free} are free`,
  );
  transaction.logStart = area.head;
  area.head += length;
  if (area.head >= area.end) area.head -= area.size;
  area.free -= length;
  transaction.outstandingCredits = 0;
}

/** The data that ordered inodes promised. A failure is the writer's to report, not the journal's. */
function* writeOrderedData(transaction: Transaction): Sleepable<void> {
  for (const inode of transaction.ordered) {
    try {
      yield* inode.writeOrdered();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }
}

/** The first transaction after an empty log: recovery must look for it. */
function* markLogUsed(state: JournalState, transaction: Transaction): Sleepable<void> {
  yield* state.checkpointLock.lock();
  try {
    yield* state.superBlock.writeTail(transaction.tid, transaction.logStart);
    state.flushed = false;
  } finally {
    state.checkpointLock.unlock();
  }
}

function* writeLog(state: JournalState, transaction: Transaction): Sleepable<void> {
  const { area, batch } = state;
  let position = transaction.logStart;
  for (const block of state.image.blocks) {
    batch.add(area.deviceBlock(position), block.data);
    position = area.next(position);
  }
  yield* batch.finish();
}

function* writeCommitBlock(state: JournalState, transaction: Transaction): Sleepable<void> {
  const { area, image, options } = state;
  const { seconds, nanoseconds } = options.now();
  const { data } = image.commitBlock(seconds, nanoseconds);
  const offset = transaction.logStart + image.blocks.length;
  const position = offset >= area.end ? offset - area.size : offset;
  yield* transfer(options.cache.device, {
    direction: 'write',
    sector: area.deviceBlock(position) * (options.blockSize / SECTOR_BYTES),
    segments: [data],
    preflush: !options.faults.has('jbd2-commit-without-flush'),
    fua: true,
  });
}

/** The transaction is over, in one atomic step: its buffers wait for their checkpoint, what it freed is gone. */
function finish(state: JournalState, transaction: Transaction): void {
  state.committing = null;
  transaction.state = 'finished';
  transaction.ordered.clear();
  if (state.aborted) {
    letGo(transaction);
    return;
  }
  for (const head of transaction.logged) {
    head.leaveCheckpoint();
    head.checkpoint = transaction;
    head.committing = null;
    // Not if the next transaction has it: its changes must not go home before they are committed.
    head.buffer.dirty = head.running === null;
  }
  transaction.checkpointPending = transaction.logged.length;
  for (const head of transaction.forgotten) {
    head.leaveCheckpoint();
    head.committing = null;
    if (head.running !== null) continue;
    const { buffer } = head;
    head.release();
    if (state.cache.find(buffer.block) === buffer) state.cache.drop(buffer.block);
  }
  transaction.forgotten.length = 0;
  if (transaction.checkpointPending > 0) state.checkpoints.push(transaction);
  state.commitSequence = transaction.tid;
  state.fullyCommitted(transaction.tid);
  transaction.runCallbacks();
}

/** After an abort nothing of the transaction may reach the disk, nor may an older version in its place. */
function letGo(transaction: Transaction): void {
  for (const head of transaction.logged) head.committing = null;
  for (const head of transaction.forgotten) head.committing = null;
}
