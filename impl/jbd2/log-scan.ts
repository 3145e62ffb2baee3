import { BadChecksum, Corruption } from '../lib/corruption.ts';
import { join } from '../lib/struct.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { hasValidTail, readTags } from './control-block.ts';
import { crc32be } from '../lib/crc32-be.ts';
import {
  CHECKSUM_CRC32,
  CHECKSUM_CRC32_BYTES,
  CommitBlockLayout,
  type RawCommitBlock,
} from './layout/commit.ts';
import type { LogArea } from './log-area.ts';
import type { LogFormat } from './log-format.ts';
import type { LogReader } from './log-reader.ts';
import type { ControlBlock, LogVisitor } from './log-walk.ts';

const TRANSACTION_START = 0xffffffff;

/**
 * The first pass (PASS_SCAN): where does the log end, and is the end a transaction that was cut short, something left
 * over from earlier days of the disk, or damage? A wrong checksum counts as damage only if the commit block that follows
 * is not older than the one before: else the blocks are left over from an earlier journal in the same place.
 */
export class LogScan implements LogVisitor {
  /** The first transaction that must not be replayed, if a damaged commit block says so; else where the walk ended. */
  end: number | null = null;
  /** The damaged commit block: the mount fails after everything before it was replayed (j_failed_commit). */
  failure: Corruption | null = null;
  /** The block behind the last transaction that is to be replayed; null when there is none. */
  head: number | null = null;
  readonly #format: LogFormat;
  #lastCommitSeconds = 0;
  #damagedBlock: number | null = null;
  readonly #reader: LogReader;
  readonly #area: LogArea;
  /** Register of the checksum of version 1. */
  #transaction = TRANSACTION_START;

  constructor(format: LogFormat, reader: LogReader, area: LogArea) {
    this.#format = format;
    this.#reader = reader;
    this.#area = area;
  }

  *descriptor(block: ControlBlock): Sleepable<number> {
    if (!hasValidTail(this.#format, block)) this.#damagedBlock ??= block.position;
    const { length } = readTags(this.#format, block);
    if (this.#format.transactionChecksum) yield* this.#addToTransaction(block, length);
    return length;
  }

  /** The descriptor and the data behind it are part of the checksum in the commit block (calc_chksums). */
  *#addToTransaction({ data, position }: ControlBlock, length: number): Sleepable<void> {
    this.#transaction = crc32be(this.#transaction, data);
    let place = position;
    for (let index = 0; index < Math.min(length, this.#area.size); index++) {
      place = this.#area.next(place);
      this.#transaction = crc32be(this.#transaction, yield* this.#reader.read(place));
    }
  }

  revoke(block: ControlBlock): void {
    if (!hasValidTail(this.#format, block)) this.#damagedBlock ??= block.position;
  }

  commit(block: ControlBlock): boolean {
    const raw = CommitBlockLayout.at(block.view);
    const seconds = join(raw.commitSecondsHigh, raw.commitSecondsLow);
    const stale = seconds < this.#lastCommitSeconds;
    if (this.#damagedBlock !== null) {
      if (stale) return false;
      const structure = `block ${this.#damagedBlock} of the journal (transaction ${block.sequence})`;
      throw new BadChecksum(structure, 't_checksum', 'wrong', 'the checksum of the block');
    }
    const expected = this.#format.transactionChecksum
      ? this.#transactionWrong(raw)
      : this.#commitChecksum(block);
    if (expected !== null) {
      if (stale) return false;
      this.end = block.sequence;
      const structure = `commit block ${block.position} of the journal (transaction ${block.sequence})`;
      this.failure = new BadChecksum(structure, 'h_chksum', raw.checksum, `${expected}`);
      return false;
    }
    this.#lastCommitSeconds = seconds;
    this.head = this.#area.next(block.position);
    return true;
  }

  /** Null if the transaction is what its commit block says, or that says nothing; else what it should say. */
  #transactionWrong({ checksum, checksumType, checksumSize }: RawCommitBlock): number | null {
    const found = this.#transaction;
    this.#transaction = TRANSACTION_START;
    if (checksumType === 0 && checksumSize === 0 && checksum === 0) return null;
    const known = checksumType === CHECKSUM_CRC32 && checksumSize === CHECKSUM_CRC32_BYTES;
    return known && checksum === found ? null : found;
  }

  /**
   * Null if the commit block's checksum is right, else what it should be. Only the header carries information, so a
   * block whose rest did not reach the disk is accepted, as zeros were to be there (jbd2_commit_block_csum_verify_partial).
   */
  #commitChecksum({ view, data }: ControlBlock): number | null {
    const format = this.#format;
    if (format.checksums === 'none') return null;
    const { offset } = CommitBlockLayout.fields.checksum;
    const stored = view.getUint32(offset);
    const checksum = format.controlChecksum(view, offset);
    if (checksum === stored) return null;
    const header = new Uint8Array(format.blockSize);
    header.set(data.subarray(0, CommitBlockLayout.size));
    return format.controlChecksum(new DataView(header.buffer), offset) === stored ? null : checksum;
  }
}
