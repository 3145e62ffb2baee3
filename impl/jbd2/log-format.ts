import { crc32c, crc32cBigU32 } from '../lib/crc32c.ts';
import { highHalf, join, lowHalf } from '../lib/struct.ts';
import {
  BlockTag3Layout,
  BlockTagLayout,
  BlockTailLayout,
  type RawBlockTag,
  type RawBlockTag3,
} from './layout/block-tag.ts';
import { RevokeBlockLayout } from './layout/revoke.ts';
import {
  COMPAT_CHECKSUM,
  INCOMPAT_64BIT,
  INCOMPAT_CSUM_V2,
  INCOMPAT_CSUM_V3,
  type RawJournalSuperblock,
} from './layout/superblock.ts';

const CRC_START = 0xffffffff;

/** How the features of the journal's superblock shape the blocks of its log. */
export class LogFormat {
  /** Bytes. */
  readonly blockSize: number;
  readonly checksums: 'none' | 'v2' | 'v3';
  readonly sixtyFourBit: boolean;
  /** Checksums of version 1: one for a whole transaction, in its commit block. */
  readonly transactionChecksum: boolean;
  /** Bytes of a tag (journal_tag_bytes): 8, 12, 10, 14 or 16. */
  readonly tagBytes: number;
  /** Bytes of the checksum that ends a descriptor or revoke block: 4 or 0. */
  readonly tailBytes: number;
  /** Bytes of a block number in a revoke block. */
  readonly revokeRecordBytes: number;
  /** Register that every checksum of the log starts from (j_csum_seed). */
  readonly seed: number;

  constructor(raw: RawJournalSuperblock) {
    const incompat = raw.featureIncompat;
    this.blockSize = raw.blockSize;
    this.checksums = incompat & INCOMPAT_CSUM_V3 ? 'v3' : incompat & INCOMPAT_CSUM_V2 ? 'v2' : 'none';
    this.sixtyFourBit = (incompat & INCOMPAT_64BIT) !== 0;
    this.transactionChecksum = (raw.featureCompat & COMPAT_CHECKSUM) !== 0;
    this.tagBytes = tagBytes(this.checksums, this.sixtyFourBit);
    this.tailBytes = this.checksums === 'none' ? 0 : BlockTailLayout.size;
    this.revokeRecordBytes = this.sixtyFourBit ? 8 : 4;
    this.seed = crc32c(CRC_START, raw.uuid);
  }

  /** Block numbers that fit in one revoke block. */
  get revokesPerBlock(): number {
    return Math.floor((this.blockSize - RevokeBlockLayout.size - this.tailBytes) / this.revokeRecordBytes);
  }

  /** The checksum of a data block as the log holds it: it covers the sequence number, so that a stale block is noticed. */
  dataChecksum(sequence: number, data: Uint8Array): number {
    const checksum = crc32c(crc32cBigU32(this.seed, sequence), data);
    return this.checksums === 'v2' ? checksum & 0xffff : checksum;
  }

  /** The checksum of a control block whose own checksum field, at `fieldOffset`, counts as zero. */
  controlChecksum(view: DataView, fieldOffset: number): number {
    const stored = view.getUint32(fieldOffset);
    view.setUint32(fieldOffset, 0);
    const checksum = crc32c(this.seed, new Uint8Array(view.buffer, view.byteOffset, this.blockSize));
    view.setUint32(fieldOffset, stored);
    return checksum;
  }

  /** Where a descriptor or revoke block keeps its checksum. */
  get tailOffset(): number {
    return this.blockSize - BlockTailLayout.size;
  }

  tag(view: DataView): TagCursor {
    return new TagCursor(this, view);
  }
}

/** The odd sizes are the kernel's: version 2 was given two more bytes by mistake, and they stayed. */
function tagBytes(checksums: 'none' | 'v2' | 'v3', sixtyFourBit: boolean): number {
  if (checksums === 'v3') return BlockTag3Layout.size;
  const whole = BlockTagLayout.size + (checksums === 'v2' ? 2 : 0);
  return sixtyFourBit ? whole : whole - 4;
}

/** Reads and writes the tags of one descriptor block, whatever their format. */
export class TagCursor {
  readonly #format: LogFormat;
  readonly #plain: RawBlockTag;
  readonly #v3: RawBlockTag3 | null;

  constructor(format: LogFormat, view: DataView) {
    this.#format = format;
    this.#plain = BlockTagLayout.at(view);
    this.#v3 = format.checksums === 'v3' ? BlockTag3Layout.at(view) : null;
  }

  /** Moves to the tag at this byte offset of the block. */
  moveTo(offset: number): void {
    this.#plain.base = offset;
    if (this.#v3 !== null) this.#v3.base = offset;
  }

  get block(): number {
    const low = this.#plain.blockLow;
    return this.#format.sixtyFourBit ? join(this.#plain.blockHigh, low) : low;
  }

  get flags(): number {
    return this.#plain.flags;
  }

  set flags(flags: number) {
    if (this.#v3 !== null) this.#v3.flags = flags;
    else this.#plain.flags = flags;
  }

  get checksum(): number {
    return this.#v3 !== null ? this.#v3.checksum : this.#plain.checksum;
  }

  write(block: number, flags: number, checksum: number): void {
    const { sixtyFourBit, checksums } = this.#format;
    this.#plain.blockLow = lowHalf(block);
    if (sixtyFourBit) this.#plain.blockHigh = highHalf(block);
    this.flags = flags;
    if (this.#v3 !== null) this.#v3.checksum = checksum;
    else if (checksums === 'v2') this.#plain.checksum = checksum;
  }
}
