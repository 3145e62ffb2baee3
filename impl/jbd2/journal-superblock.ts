import type { BlockDevice } from '../block/block-device.ts';
import { transfer } from '../block/transfer.ts';
import { SECTOR_BYTES } from '../block/bio.ts';
import { BadChecksum, Corruption, MountRefused } from '../lib/corruption.ts';
import { crc32c } from '../lib/crc32c.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { JOURNAL_MAGIC, SUPERBLOCK_V1, SUPERBLOCK_V2 } from './layout/header.ts';
import {
  CHECKSUM_CRC32C,
  COMPAT_CHECKSUM,
  FAST_COMMIT_BLOCKS_DEFAULT,
  INCOMPAT_64BIT,
  INCOMPAT_ASYNC_COMMIT,
  INCOMPAT_CSUM_V2,
  INCOMPAT_CSUM_V3,
  INCOMPAT_FAST_COMMIT,
  INCOMPAT_REVOKE,
  JournalSuperblockLayout,
  type RawJournalSuperblock,
} from './layout/superblock.ts';

const CRC_START = 0xffffffff;
/** -EIO: whatever led to an abort, for the log it is an error of the device. */
const ABORTED_ERRNO = -5 >>> 0;
const STRUCTURE = 'journal_superblock_s';
/** JBD2_MIN_JOURNAL_BLOCKS: the kernel refuses a shorter log. */
const BLOCKS_MIN = 1024;
const CHECKSUMS = INCOMPAT_CSUM_V2 | INCOMPAT_CSUM_V3;
const UNDERSTOOD = INCOMPAT_REVOKE | INCOMPAT_64BIT | INCOMPAT_FAST_COMMIT | CHECKSUMS;
const NAMES: readonly (readonly [number, string])[] = [[INCOMPAT_ASYNC_COMMIT, 'async_commit']];

/** What the file system wants of its journal. */
export interface JournalFeatures {
  /** The file system has metadata_csum: checksums of version 3. */
  readonly checksums: boolean;
  /** `journal_checksum` without metadata_csum: checksums of version 1, one for a transaction. */
  readonly transactionChecksums: boolean;
  /** The file system has 64bit: wide block numbers. */
  readonly sixtyFourBit: boolean;
  /** The file system has fast_commit: the end of the journal is no log. */
  readonly fastCommits: boolean;
}

/** The journal's superblock: block 0 of the journal, in memory of its own, not in the buffer cache. */
export class JournalSuperBlock {
  readonly raw: RawJournalSuperblock;
  readonly #data: Uint8Array;
  readonly #device: BlockDevice;
  readonly #sector: number;
  #hasFastCommits = false;

  private constructor(device: BlockDevice, deviceBlock: number, blockSize: number) {
    this.#data = new Uint8Array(blockSize);
    this.raw = JournalSuperblockLayout.at(new DataView(this.#data.buffer));
    this.#device = device;
    this.#sector = deviceBlock * (blockSize / SECTOR_BYTES);
  }

  /**
   * Reads and checks it (journal_get_superblock). `blocks` is the length of the file that holds the journal. Throws
   * Corruption for values that cannot be, MountRefused for features that this implementation does not know.
   */
  static *read(
    device: BlockDevice,
    deviceBlock: number,
    blockSize: number,
    blocks: number,
  ): Sleepable<JournalSuperBlock> {
    const superBlock = new JournalSuperBlock(device, deviceBlock, blockSize);
    const segments = [superBlock.#data];
    yield* transfer(device, {
      direction: 'read',
      sector: superBlock.#sector,
      segments,
      preflush: false,
      fua: false,
    });
    superBlock.#check(blockSize, blocks);
    return superBlock;
  }

  get hasChecksum(): boolean {
    return (this.raw.featureIncompat & CHECKSUMS) !== 0;
  }

  /** Blocks at the end of the journal that belong to fast commits, not to the log (jbd2_journal_get_num_fc_blks). */
  get fastCommitBlocks(): number {
    if (!this.#hasFastCommits) return 0;
    const { fastCommitBlocks } = this.raw;
    return fastCommitBlocks === 0 ? FAST_COMMIT_BLOCKS_DEFAULT : fastCommitBlocks;
  }

  /** Blocks that are left to the log, or would be; MountRefused when they are too few to work with. */
  logEnd(): number {
    const { maxLength, first } = this.raw;
    const end = maxLength - this.fastCommitBlocks;
    if (end - first >= BLOCKS_MIN - 1) return end;
    throw new MountRefused(`the journal of ${maxLength} blocks is too short for fast commits`);
  }

  /**
   * Says that the log is empty, and that transaction `sequence` is to go to block `head` (jbd2_mark_journal_empty); durable on return.
   * The next mount goes on there (JBD2_CYCLE_RECORD, which ext4 always asks for): so the log shows what happened before.
   */
  writeEmpty(sequence: number, head: number): Sleepable<void> {
    this.raw.head = head;
    return this.writeTail(sequence, 0);
  }

  /**
   * Makes the log start at `start` with transaction `sequence` (jbd2_journal_update_sb_log_tail); durable on return. Whoever
   * finds an empty log need not know of fast commits.
   */
  *writeTail(sequence: number, start: number): Sleepable<void> {
    const { raw } = this;
    raw.sequence = sequence;
    raw.start = start;
    raw.featureIncompat &= ~INCOMPAT_FAST_COMMIT;
    if (start !== 0 && this.#hasFastCommits) raw.featureIncompat |= INCOMPAT_FAST_COMMIT;
    yield* this.#write();
  }

  /** Says that the journal was aborted (jbd2_journal_update_sb_errno); durable on return. */
  *writeError(): Sleepable<void> {
    this.raw.errno = ABORTED_ERRNO;
    yield* this.#write();
  }

  *#write(): Sleepable<void> {
    if (this.hasChecksum) this.raw.checksum = this.#checksum();
    const segments = [this.#data];
    yield* transfer(this.#device, {
      direction: 'write',
      sector: this.#sector,
      segments,
      preflush: false,
      fua: true,
    });
  }

  /**
   * Turns on what the file system wants and off what it does not, as ext4 does at every mount. The log is empty, so
   * nothing in it has to be read with the old features. Reaches the disk with the next writeTail.
   */
  setFeatures({ checksums, transactionChecksums, sixtyFourBit, fastCommits }: JournalFeatures): void {
    const { raw } = this;
    this.#hasFastCommits = fastCommits;
    if (raw.blockType === SUPERBLOCK_V1) this.#upgrade();
    raw.featureCompat = (raw.featureCompat & ~COMPAT_CHECKSUM) >>> 0;
    let incompat = raw.featureIncompat & ~(CHECKSUMS | INCOMPAT_FAST_COMMIT);
    incompat |= INCOMPAT_REVOKE;
    if (checksums) incompat |= INCOMPAT_CSUM_V3;
    if (sixtyFourBit) incompat |= INCOMPAT_64BIT;
    raw.featureIncompat = incompat;
    if (!checksums && transactionChecksums) raw.featureCompat |= COMPAT_CHECKSUM;
    raw.checksumType = checksums ? CHECKSUM_CRC32C : 0;
    raw.checksum = 0;
  }

  /** Version 1 leaves everything from the feature words on undefined (journal_convert_superblock_v1). */
  #upgrade(): void {
    this.#data.fill(0, JournalSuperblockLayout.fields.featureCompat.offset);
    this.raw.users = 1;
    this.raw.blockType = SUPERBLOCK_V2;
  }

  #check(blockSize: number, blocks: number): void {
    const { raw } = this;
    const wrong = (field: string, found: number, expected: string): never => {
      throw new Corruption(STRUCTURE, field, found, expected);
    };
    if (raw.magic !== JOURNAL_MAGIC) wrong('h_magic', raw.magic, `${JOURNAL_MAGIC}`);
    if (raw.blockType !== SUPERBLOCK_V1 && raw.blockType !== SUPERBLOCK_V2) {
      wrong('h_blocktype', raw.blockType, `${SUPERBLOCK_V1} or ${SUPERBLOCK_V2}`);
    }
    if (raw.blockSize !== blockSize) wrong('s_blocksize', raw.blockSize, `${blockSize}`);
    if (raw.maxLength > blocks) wrong('s_maxlen', raw.maxLength, `at most ${blocks}`);
    if (raw.blockType === SUPERBLOCK_V1)
      this.#data.fill(0, JournalSuperblockLayout.fields.featureCompat.offset);
    this.#checkFeatures();
    this.#hasFastCommits = (raw.featureIncompat & INCOMPAT_FAST_COMMIT) !== 0;
    const { first, maxLength, start } = raw;
    const end = maxLength - this.fastCommitBlocks;
    if (first === 0 || first >= maxLength) wrong('s_first', first, `1 .. ${maxLength - 1}`);
    if (end - first < BLOCKS_MIN - 1) wrong('s_maxlen', maxLength, `at least ${BLOCKS_MIN} blocks`);
    if (start !== 0 && (start < first || start >= end))
      wrong('s_start', start, `0 or ${first} .. ${end - 1}`);
  }

  #checkFeatures(): void {
    const { featureCompat, featureIncompat, featureRoCompat, checksumType, checksum } = this.raw;
    const both = featureIncompat & CHECKSUMS;
    if (both === CHECKSUMS)
      throw new Corruption(STRUCTURE, 's_feature_incompat', featureIncompat, 'csum_v2 or csum_v3');
    if (both !== 0 && (featureCompat & COMPAT_CHECKSUM) !== 0) {
      throw new Corruption(
        STRUCTURE,
        's_feature_compat',
        featureCompat,
        'no checksums of version 1 beside version 2, 3',
      );
    }
    if (both !== 0 && checksumType !== CHECKSUM_CRC32C) {
      throw new Corruption(STRUCTURE, 's_checksum_type', checksumType, `${CHECKSUM_CRC32C} (crc32c)`);
    }
    if (both !== 0 && checksum !== this.#checksum()) {
      throw new BadChecksum(STRUCTURE, 's_checksum', checksum, `${this.#checksum()}`);
    }
    const unknown = (featureIncompat & ~UNDERSTOOD) >>> 0;
    if (unknown !== 0 || featureRoCompat !== 0) {
      const known = NAMES.filter(([bit]) => (unknown & bit) !== 0).map(([, name]) => name);
      const names = known.length > 0 ? ` (${known.join(', ')})` : '';
      throw new MountRefused(`journal features: incompat ${unknown}${names}, ro_compat ${featureRoCompat}`);
    }
  }

  #checksum(): number {
    const stored = this.raw.checksum;
    this.raw.checksum = 0;
    const checksum = crc32c(CRC_START, this.#data.subarray(0, JournalSuperblockLayout.size));
    this.raw.checksum = stored;
    return checksum;
  }
}
