import type { BufferHead } from '../buffer/buffer-head.ts';
import { BadChecksum, Corruption } from '../lib/corruption.ts';
import { fail, Failure } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { readFastCommits, type FastCommitReader } from './fast-commit-area.ts';
import { TAG_ESCAPED } from './layout/block-tag.ts';
import { JOURNAL_MAGIC } from './layout/header.ts';
import type { JournalState } from './journal-state.ts';
import { LogReader } from './log-reader.ts';
import { readTags, revokedBlocks, verifyTail, type Tag } from './control-block.ts';
import { walkLog, type ControlBlock, type LogVisitor } from './log-walk.ts';
import { RevokeTable } from './revoke-table.ts';
import { LogScan } from './log-scan.ts';
import { nextTid } from './tid.ts';

/**
 * Brings the home blocks up to the last committed transaction (jbd2_journal_recover) and empties the log. Three passes:
 * find the end of the log, gather the revoked blocks, replay the rest. What can be replayed is replayed and made durable
 * even if something in the log is damaged; then the damage is thrown, and the log stays for e2fsck.
 *
 * When `fastCommits` finds some that follow the last transaction, the log is not emptied on the disk: a crash from here on
 * must find them again. They belong to the transaction that is the next to start.
 */
export function* recoverLog(state: JournalState, fastCommits: FastCommitReader): Sleepable<void> {
  const reader = new LogReader(state.cache, state.area);
  try {
    yield* recover(state, reader, fastCommits);
  } finally {
    reader.release();
  }
}

function* recover(state: JournalState, reader: LogReader, fastCommits: FastCommitReader): Sleepable<void> {
  const { cache, superBlock, area, format } = state;
  const scan = new LogScan(format, reader, area);
  const start = { sequence: superBlock.raw.sequence, block: superBlock.raw.start };
  const found = yield* walkLog(reader, area, start, null, scan);
  const end = scan.end ?? found;

  yield* readFastCommits(state, end, fastCommits);

  const revokes = new RevokePass(state);
  yield* walkLog(reader, area, start, end, revokes);
  const replay = new ReplayPass(state, reader, revokes.table);
  let reached = end;
  try {
    reached = yield* walkLog(reader, area, start, end, replay);
  } finally {
    const buffers = [...replay.buffers.values()].sort((left, right) => left.block - right.block);
    yield* cache.writeDirty(buffers);
    yield* cache.flush();
  }
  if (replay.damage instanceof Failure) fail(replay.damage.errno);
  if (replay.damage !== null) throw replay.damage;
  if (reached !== end) throw new Corruption('journal', 'last transaction replayed', reached, `${end}`);
  if (scan.failure !== null) throw scan.failure;

  if (fastCommits.found) {
    state.restartAt(end);
    return;
  }
  yield* beginAnew(state, end, scan);
}

/**
 * The log is empty, and goes on behind what it held. One id is left out, so that what was torn at the end of the log never looks like
 * the next transaction.
 */
function* beginAnew(state: JournalState, end: number, { head }: LogScan): Sleepable<void> {
  const { area, superBlock } = state;
  const tid = nextTid(end);
  state.restartAt(tid);
  area.goOnAt(head ?? superBlock.raw.start);
  yield* superBlock.writeEmpty(tid, area.head);
}

/** Finds the end of the log, for the ids, and empties it (jbd2_journal_skip_recovery and jbd2_mark_journal_empty). */
export function* wipeLog(state: JournalState): Sleepable<void> {
  const { cache, superBlock, area, format } = state;
  const reader = new LogReader(cache, area);
  const start = { sequence: superBlock.raw.sequence, block: superBlock.raw.start };
  try {
    const scan = new LogScan(format, reader, area);
    const end = yield* walkLog(reader, area, start, null, scan);
    yield* beginAnew(state, end, scan);
  } finally {
    reader.release();
  }
}

/** Gathers the revoke records of all transactions that will be replayed (PASS_REVOKE). */
class RevokePass implements LogVisitor {
  readonly table = new RevokeTable();
  readonly #state: JournalState;

  constructor(state: JournalState) {
    this.#state = state;
  }

  *descriptor(block: ControlBlock): Sleepable<number> {
    verifyTail(this.#state.format, block);
    return readTags(this.#state.format, block).length;
  }

  revoke(block: ControlBlock): void {
    for (const revoked of revokedBlocks(this.#state.format, block)) this.table.set(revoked, block.sequence);
  }

  commit(): boolean {
    return true;
  }
}

/** Copies the logged blocks to their homes in the buffer cache (PASS_REPLAY). */
class ReplayPass implements LogVisitor {
  readonly buffers = new Map<number, BufferHead>();
  /** The first block that could not be replayed: reported in the end, the others are replayed. */
  damage: Corruption | Failure | null = null;
  readonly #state: JournalState;
  readonly #reader: LogReader;
  readonly #revoked: RevokeTable;

  constructor(state: JournalState, reader: LogReader, revoked: RevokeTable) {
    this.#state = state;
    this.#reader = reader;
    this.#revoked = revoked;
  }

  *descriptor(block: ControlBlock): Sleepable<number> {
    const { format, area } = this.#state;
    verifyTail(format, block);
    const tags = readTags(format, block);
    let position = area.next(block.position);
    for (const tag of tags) {
      if (!this.#revoked.covers(tag.block, block.sequence))
        yield* this.#replay(tag, block.sequence, position);
      position = area.next(position);
    }
    return tags.length;
  }

  revoke(): void {
    // Gathered by the pass before.
  }

  commit(): boolean {
    return true;
  }

  *#replay(tag: Tag, sequence: number, position: number): Sleepable<void> {
    const { format, cache } = this.#state;
    let data: Uint8Array;
    try {
      data = yield* this.#reader.read(position);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.damage ??= error;
      return;
    }
    const checksum = format.checksums === 'none' ? tag.checksum : format.dataChecksum(sequence, data);
    if (checksum !== tag.checksum) {
      const structure = `journal block ${position} (block ${tag.block} in transaction ${sequence})`;
      this.damage ??= new BadChecksum(structure, 't_checksum', tag.checksum, `${checksum}`);
      return;
    }
    if (tag.block >= cache.blocks) {
      throw new Corruption('journal_block_tag_s', 't_blocknr', tag.block, `below ${cache.blocks}`);
    }
    this.#store(cache.getblk(tag.block), data, (tag.flags & TAG_ESCAPED) !== 0);
  }

  /** The buffer may be in use already (the superblock is read before the log): it changes in place. */
  #store(buffer: BufferHead, data: Uint8Array, escaped: boolean): void {
    buffer.data.set(data);
    if (escaped) buffer.view.setUint32(0, JOURNAL_MAGIC);
    buffer.uptodate = true;
    buffer.dirty = true;
    buffer.verified = false;
    buffer.cached = null;
    this.buffers.set(buffer.block, buffer);
  }
}
