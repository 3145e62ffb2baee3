import { BlockTailLayout, TAG_ESCAPED, TAG_LAST, TAG_SAME_UUID, TAG_UUID_BYTES } from './layout/block-tag.ts';
import { CHECKSUM_CRC32, CHECKSUM_CRC32_BYTES, CommitBlockLayout } from './layout/commit.ts';
import {
  COMMIT_BLOCK,
  DESCRIPTOR_BLOCK,
  JOURNAL_HEADER_BYTES,
  JOURNAL_MAGIC,
  JournalHeaderLayout,
  REVOKE_BLOCK,
} from './layout/header.ts';
import { RevokeBlockLayout } from './layout/revoke.ts';
import { crc32be } from '../lib/crc32-be.ts';
import { highHalf, lowHalf } from '../lib/struct.ts';
import type { BlockMemory } from '../mm/block-memory.ts';
import { LogBlockPool, type LogBlock } from './log-block.ts';
import type { LogFormat, TagCursor } from './log-format.ts';

/**
 * One transaction as the log will hold it, block after block: revoke blocks, then descriptor blocks each followed by the
 * data blocks it names. The commit block is made last, and apart, because it is written apart.
 */
export class LogImage {
  readonly blocks: LogBlock[] = [];
  readonly #format: LogFormat;
  readonly #uuid: Uint8Array;
  readonly #pool: LogBlockPool;
  #tid = 0;
  #descriptor: LogBlock | null = null;
  #tags: TagCursor | null = null;
  /** Byte offset of the next tag in the open descriptor block, and of the one before. */
  #offset = 0;
  #lastTag = 0;

  constructor(format: LogFormat, uuid: Uint8Array, memory: BlockMemory) {
    this.#format = format;
    this.#uuid = uuid;
    this.#pool = new LogBlockPool(memory);
  }

  /** No transaction will be built any more. */
  clear(): void {
    this.blocks.length = 0;
    this.#pool.clear();
  }

  start(tid: number): void {
    this.#tid = tid;
    this.blocks.length = 0;
    this.#pool.reset();
    this.#descriptor = null;
  }

  /** Copies one buffer into the log and names its home (jbd2_journal_write_metadata_buffer); `escapes` always, but for a planted bug. */
  addData(home: number, data: Uint8Array, escapes = true): void {
    const descriptor = this.#descriptor ?? this.#openDescriptor();
    const copy = this.#pool.take();
    copy.data.set(data);
    this.blocks.push(copy);
    let flags = this.#offset === JOURNAL_HEADER_BYTES ? 0 : TAG_SAME_UUID;
    // Recovery would take the block for one of its own: the log holds zeros where the magic number stood.
    if (copy.view.getUint32(0) === JOURNAL_MAGIC) {
      copy.view.setUint32(0, 0);
      if (escapes) flags |= TAG_ESCAPED;
    }
    const format = this.#format;
    const checksum = format.checksums === 'none' ? 0 : format.dataChecksum(this.#tid, copy.data);
    this.#tags?.moveTo(this.#offset);
    this.#tags?.write(home, flags, checksum);
    this.#lastTag = this.#offset;
    this.#offset += format.tagBytes;
    if ((flags & TAG_SAME_UUID) === 0) {
      descriptor.data.set(this.#uuid, this.#offset);
      this.#offset += TAG_UUID_BYTES;
    }
    const room = format.blockSize - this.#offset;
    if (room < format.tagBytes + TAG_UUID_BYTES + format.tailBytes) this.#closeDescriptor();
  }

  /** Revoke blocks come before everything else (jbd2_journal_write_revoke_records). */
  addRevokes(revokes: ReadonlySet<number>): void {
    if (revokes.size === 0) return;
    const { revokeRecordBytes, blockSize, tailBytes } = this.#format;
    let block: LogBlock | null = null;
    let offset = 0;
    for (const revoked of revokes) {
      if (block === null) {
        block = this.#control(REVOKE_BLOCK);
        this.blocks.push(block);
        offset = RevokeBlockLayout.size;
      }
      if (revokeRecordBytes === 8) block.view.setUint32(offset, highHalf(revoked));
      block.view.setUint32(offset + revokeRecordBytes - 4, lowHalf(revoked));
      offset += revokeRecordBytes;
      if (offset + revokeRecordBytes <= blockSize - tailBytes) continue;
      this.#closeRevokes(block, offset);
      block = null;
    }
    if (block !== null) this.#closeRevokes(block, offset);
  }

  /** No more data will come. */
  finish(): void {
    if (this.#descriptor !== null) this.#closeDescriptor();
  }

  /** The block that makes the transaction count (journal_submit_commit_record). */
  commitBlock(seconds: number, nanoseconds: number): LogBlock {
    const block = this.#control(COMMIT_BLOCK);
    const raw = CommitBlockLayout.at(block.view);
    raw.commitSecondsHigh = highHalf(seconds);
    raw.commitSecondsLow = lowHalf(seconds);
    raw.commitNanoseconds = nanoseconds;
    if (this.#format.checksums !== 'none') {
      raw.checksum = this.#format.controlChecksum(block.view, CommitBlockLayout.fields.checksum.offset);
    } else if (this.#format.transactionChecksum) {
      raw.checksumType = CHECKSUM_CRC32;
      raw.checksumSize = CHECKSUM_CRC32_BYTES;
      raw.checksum = this.#transactionChecksum();
    }
    return block;
  }

  /** Over descriptors and data (jbd2_checksum_data); revoke blocks were forgotten when it was invented. */
  #transactionChecksum(): number {
    let checksum = 0xffffffff;
    for (const { data, view } of this.blocks) {
      const header = JournalHeaderLayout.at(view);
      if (header.magic === JOURNAL_MAGIC && header.blockType === REVOKE_BLOCK) continue;
      checksum = crc32be(checksum, data);
    }
    return checksum;
  }

  #control(blockType: number): LogBlock {
    const block = this.#pool.take();
    block.data.fill(0);
    const header = JournalHeaderLayout.at(block.view);
    header.magic = JOURNAL_MAGIC;
    header.blockType = blockType;
    header.sequence = this.#tid;
    return block;
  }

  #openDescriptor(): LogBlock {
    const block = this.#control(DESCRIPTOR_BLOCK);
    this.blocks.push(block);
    this.#descriptor = block;
    this.#tags = this.#format.tag(block.view);
    this.#offset = JOURNAL_HEADER_BYTES;
    return block;
  }

  #closeDescriptor(): void {
    const descriptor = this.#descriptor;
    if (descriptor === null || this.#tags === null) return;
    this.#tags.moveTo(this.#lastTag);
    this.#tags.flags |= TAG_LAST;
    this.#seal(descriptor);
    this.#descriptor = null;
    this.#tags = null;
  }

  #closeRevokes(block: LogBlock, bytesUsed: number): void {
    RevokeBlockLayout.at(block.view).count = bytesUsed;
    this.#seal(block);
  }

  #seal(block: LogBlock): void {
    if (this.#format.checksums === 'none') return;
    const offset = this.#format.tailOffset;
    BlockTailLayout.at(block.view, offset).checksum = this.#format.controlChecksum(block.view, offset);
  }
}
