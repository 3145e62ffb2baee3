import { groupHasSuperBlock, type GroupLayout } from '../allocation/group-layout.ts';
import { EXT4_MIN_DESC_SIZE, EXT4_MIN_DESC_SIZE_64BIT } from '../layout/group-descriptor.ts';
import { EXT4_GOOD_OLD_FIRST_INO, EXT4_GOOD_OLD_INODE_SIZE } from '../layout/inode.ts';
import { MkfsError } from './mkfs-error.ts';
import type { MkfsOptions } from './options.ts';

const MIB = 1024 * 1024;

/** The numbers of a new file system, chosen as ext2fs_initialize chooses them. */
export interface NewGeometry extends GroupLayout {
  readonly blockSize: number;
  readonly inodeSize: number;
  readonly inodesPerGroup: number;
  readonly inodeTableBlocks: number;
  readonly descriptorSize: number;
  readonly reservedBlocks: number;
  /** 0 when there is no journal. */
  readonly journalBlocks: number;
  /** 0 when there is no orphan file. */
  readonly orphanBlocks: number;
}

/** A last group with fewer blocks than its metadata and this is left away. */
const LAST_GROUP_SPARE_BLOCKS = 50;

/** jbd2 refuses shorter journals (JBD2_MIN_JOURNAL_BLOCKS). */
const JOURNAL_BLOCKS_MIN = 1024;
const JOURNAL_BLOCKS_MAX = 10_240_000;

export function newGeometry(options: MkfsOptions): NewGeometry {
  checkOptions(options);
  const wanted = Math.floor(options.sizeBytes / options.blockSize);
  const { blocks, ...rest } = fitGroups(options, wanted);
  const journalBlocks = chooseJournal(options, blocks);
  return {
    ...rest,
    blocks,
    reservedBlocks: Math.floor(((options.reservedPercent ?? 5) * blocks) / 100),
    journalBlocks,
    orphanBlocks: options.orphanFile === true ? orphanFileBlocks(blocks) : 0,
  };
}

function checkOptions(options: MkfsOptions): void {
  const { sizeBytes, blockSize, inodeSize = 256 } = options;
  if (![1024, 2048, 4096].includes(blockSize))
    throw new MkfsError(`block size ${blockSize} is not 1024, 2048 or 4096`);
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes <= 0 || sizeBytes % 1024 !== 0) {
    throw new MkfsError(`size ${sizeBytes} is not a positive multiple of 1024 bytes`);
  }
  if (
    !Number.isInteger(Math.log2(inodeSize)) ||
    inodeSize < EXT4_GOOD_OLD_INODE_SIZE ||
    inodeSize > blockSize
  ) {
    throw new MkfsError(
      `inode size ${inodeSize} is not a power of two between 128 and the block size ${blockSize}`,
    );
  }
  for (const name of ['uuid', 'hashSeed'] as const) {
    if (options[name].length !== 16)
      throw new MkfsError(`${name} has ${options[name].length} bytes instead of 16`);
  }
  const { reservedPercent = 5, inodes, inodeRatio } = options;
  if (!(reservedPercent >= 0 && reservedPercent <= 50)) {
    throw new MkfsError(`reserved percentage ${reservedPercent} is not between 0 and 50`);
  }
  if (inodes !== undefined && !(Number.isInteger(inodes) && inodes > 0))
    throw new MkfsError(`${inodes} inodes`);
  if (inodeRatio !== undefined && !(inodeRatio >= 1024))
    throw new MkfsError(`inode ratio ${inodeRatio} is below 1024`);
  if (options.orphanFile === true && options.journalBlocks === 0)
    throw new MkfsError('orphan file without a journal');
}

type Fitted = Omit<NewGeometry, 'reservedBlocks' | 'journalBlocks' | 'orphanBlocks'>;

/** Numbers of groups and inodes; gives up blocks at the end that make no whole group. */
function fitGroups(options: MkfsOptions, wantedBlocks: number): Fitted {
  const { blockSize, inodeSize = 256 } = options;
  const descriptorSize = options.sixtyFourBit === false ? EXT4_MIN_DESC_SIZE : EXT4_MIN_DESC_SIZE_64BIT;
  const firstDataBlock = blockSize === 1024 ? 1 : 0;
  const inodes = wantedInodes(options, wantedBlocks);
  let blocksPerGroup = blockSize * 8;
  let blocks = wantedBlocks;
  for (;;) {
    const groups = Math.ceil((blocks - firstDataBlock) / blocksPerGroup);
    if (groups <= 0) throw new MkfsError(`${wantedBlocks} blocks of ${blockSize} bytes hold no file system`);
    const inodesPerGroup = roundInodes(inodes, groups, blockSize, inodeSize);
    if (inodesPerGroup > blockSize * 8) {
      // More inodes than one bitmap block describes: smaller groups, as mke2fs tries.
      if (options.inodes !== undefined || blocksPerGroup < 256) {
        throw new MkfsError(`${inodes} inodes do not fit in ${groups} groups of ${blocksPerGroup} blocks`);
      }
      blocksPerGroup -= 8;
      continue;
    }
    const inodeTableBlocks = Math.ceil((inodesPerGroup * inodeSize) / blockSize);
    const descriptorBlocks = Math.ceil((groups * descriptorSize) / blockSize);
    const reservedDescriptorBlocks = reservedDescriptors(
      { blocks, blocksPerGroup, firstDataBlock, descriptorBlocks },
      blockSize,
      descriptorSize,
    );
    const fitted: Fitted = {
      blockSize,
      blocks,
      firstDataBlock,
      blocksPerGroup,
      groups,
      inodeSize,
      inodesPerGroup,
      inodeTableBlocks,
      descriptorSize,
      descriptorBlocks,
      reservedDescriptorBlocks,
      sparseSuper: true,
      backupGroups: null,
    };
    const rest = lastGroupMissing(fitted);
    if (rest === 0) return fitted;
    blocks -= rest;
  }
}

/** Blocks of the last group when they are too few for its metadata, else 0. */
function lastGroupMissing(fitted: Fitted): number {
  const { blocks, firstDataBlock, blocksPerGroup, groups, inodeTableBlocks } = fitted;
  const base = 1 + fitted.descriptorBlocks + fitted.reservedDescriptorBlocks;
  if (base + 2 + inodeTableBlocks > blocksPerGroup) {
    throw new MkfsError(
      `${fitted.inodesPerGroup} inodes per group leave no room in groups of ${blocksPerGroup} blocks`,
    );
  }
  const overhead = 2 + inodeTableBlocks + (groupHasSuperBlock(fitted, groups - 1) ? base : 0);
  const rest = (blocks - firstDataBlock) % blocksPerGroup;
  if (rest === 0) return 0;
  if (groups === 1) {
    if (rest < overhead) throw new MkfsError(`${blocks} blocks are too few: metadata takes ${overhead}`);
    return 0;
  }
  return rest < overhead + LAST_GROUP_SPARE_BLOCKS ? rest : 0;
}

function wantedInodes(options: MkfsOptions, blocks: number): number {
  if (options.inodes !== undefined) return options.inodes;
  const bytes = blocks * options.blockSize;
  const ratio = options.inodeRatio ?? (bytes < 3 * MIB ? 8192 : bytes < 512 * MIB ? 4096 : 16384);
  return Math.floor(bytes / Math.max(ratio, options.blockSize));
}

/** Fills the last block of each inode table, in multiples of 8, and keeps room for the reserved inodes. */
function roundInodes(inodes: number, groups: number, blockSize: number, inodeSize: number): number {
  let perGroup = Math.ceil(inodes / groups);
  for (;;) {
    const tableBlocks = Math.ceil((perGroup * inodeSize) / blockSize);
    const filled = Math.floor((tableBlocks * blockSize) / inodeSize);
    const rounded = filled < 8 ? 8 : filled - (filled % 8);
    if (rounded * groups >= EXT4_GOOD_OLD_FIRST_INO + 1) return rounded;
    perGroup += 8;
  }
}

/** Descriptor blocks for a file system 1024 times as large, at most what one indirect block addresses. */
function reservedDescriptors(
  layout: Pick<GroupLayout, 'blocks' | 'blocksPerGroup' | 'firstDataBlock' | 'descriptorBlocks'>,
  blockSize: number,
  descriptorSize: number,
): number {
  const limit = 0xffffffff;
  const largest = layout.blocks < Math.floor(limit / 1024) ? layout.blocks * 1024 : limit;
  const groups = Math.ceil((largest - layout.firstDataBlock) / layout.blocksPerGroup);
  const blocks = Math.ceil(groups / Math.floor(blockSize / descriptorSize)) - layout.descriptorBlocks;
  return Math.min(blocks, blockSize / 4);
}

function chooseJournal(options: MkfsOptions, blocks: number): number {
  const chosen = options.journalBlocks ?? defaultJournalBlocks(blocks, options.blockSize);
  if (chosen === 0) return 0;
  if (!Number.isInteger(chosen) || chosen < JOURNAL_BLOCKS_MIN || chosen > JOURNAL_BLOCKS_MAX) {
    throw new MkfsError(
      `journal of ${chosen} blocks: not between ${JOURNAL_BLOCKS_MIN} and ${JOURNAL_BLOCKS_MAX}`,
    );
  }
  return chosen;
}

/** By the size of the file system in blocks (ext2fs_default_journal_size). */
function defaultJournalBlocks(blocks: number, blockSize: number): number {
  if (blocks < 2048) {
    throw new MkfsError(`${blocks} blocks of ${blockSize} bytes are too few for a journal: at least 2048`);
  }
  if (blocks < 32 * 1024) return 1024;
  if (blocks < 256 * 1024) return 4096;
  if (blocks < 512 * 1024) return 8192;
  if (blocks < 4096 * 1024) return 16384;
  return 32768;
}

/** ext2fs_default_orphan_file_blocks. */
function orphanFileBlocks(blocks: number): number {
  if (blocks < 128 * 1024) return 32;
  return blocks < 2 * 1024 * 1024 ? Math.floor(blocks / 4096) : 512;
}
