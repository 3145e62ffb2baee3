import { classicDescriptorBlocks, groupHasSuperBlock, type GroupLayout } from '../allocation/group-layout.ts';
import { EXT4_MIN_DESC_SIZE, EXT4_MIN_DESC_SIZE_64BIT } from '../layout/group-descriptor.ts';
import { EXT4_GOOD_OLD_FIRST_INO } from '../layout/inode.ts';
import { COMPAT, hasFeature, INCOMPAT, RO_COMPAT, type Features } from '../super/features.ts';
import { LARGE_FILE_BYTES } from '../super/large-file.ts';
import { checkOptions } from './check-options.ts';
import { newFeatures } from './feature-set.ts';
import { chooseJournal, orphanFileBlocks } from './journal-size.ts';
import { MkfsError } from './mkfs-error.ts';
import type { MkfsOptions } from './options.ts';

const MIB = 1024 * 1024;

/** Of bigalloc, when nobody says how large a cluster is. */
const BLOCKS_PER_CLUSTER = 16;
/** With clusters from here on a group has fewer of them, so that its blocks can be counted. */
const HUGE_CLUSTER_BYTES = 128 * MIB;

/** The numbers of a new file system, chosen as ext2fs_initialize chooses them. */
export interface NewGeometry extends GroupLayout {
  readonly features: Features;
  readonly blockSize: number;
  readonly inodeSize: number;
  readonly inodesPerGroup: number;
  readonly inodeTableBlocks: number;
  readonly clustersPerGroup: number;
  readonly descriptorSize: number;
  /** So many groups keep their bitmaps and tables together; 1: each for itself. */
  readonly groupsPerFlex: number;
  readonly reservedBlocks: number;
  /** With those for fast commits; 0 when there is no journal. */
  readonly journalBlocks: number;
  readonly fastCommitBlocks: number;
  /** 0 when there is no orphan file. */
  readonly orphanBlocks: number;
}

/** A last group with fewer blocks than its metadata and this is left away. */
const LAST_GROUP_SPARE_BLOCKS = 50;

/** The counters of descriptors have 16 bits (EXT2_MAX_CLUSTERS_PER_GROUP, EXT2_MAX_INODES_PER_GROUP). */
const CLUSTERS_PER_GROUP_MAX = 2 ** 16 - 8;
const INODES_PER_GROUP_MAX = 2 ** 16;

export function newGeometry(options: MkfsOptions): NewGeometry {
  const asked = newFeatures(options);
  checkOptions(options, asked);
  const wanted = Math.floor(options.sizeBytes / options.blockSize);
  const clusters = clustersOf(options, asked);
  const fitted = fitGroups(options, asked, wanted, clusters);
  const { features, blocks } = fitted;
  const complete = blocks === wanted - (wanted % clusters.clusterRatio);
  return {
    ...fitted,
    // Where the last cluster is cut off, mke2fs reserves more than the half that e2fsck accepts.
    reservedBlocks: Math.min(
      Math.floor(blocks / 2),
      reservedBlocks(options, wanted, complete ? wanted : blocks),
    ),
    groupsPerFlex: hasFeature(features, 'flex_bg') ? (options.groupsPerFlex ?? 16) : 1,
    ...chooseJournal(options, features, blocks),
    orphanBlocks: hasFeature(features, 'orphan_file') ? orphanFileBlocks(blocks) : 0,
  };
}

/** The share of what was asked for; when the last group is given up, as much less. */
function reservedBlocks({ reservedPercent = 5 }: MkfsOptions, wanted: number, blocks: number): number {
  const ofWanted = Math.floor((reservedPercent * wanted) / 100);
  return blocks === wanted ? ofWanted : Math.floor((((100 * ofWanted) / wanted) * blocks) / 100);
}

type Fitted = Omit<
  NewGeometry,
  'reservedBlocks' | 'groupsPerFlex' | 'journalBlocks' | 'fastCommitBlocks' | 'orphanBlocks'
>;

interface Clusters {
  readonly clusterRatio: number;
  readonly clustersPerGroup: number;
  readonly firstDataBlock: number;
}

/** Without bigalloc a cluster is a block. The boot block is a block of its own only when clusters have 1024 bytes. */
function clustersOf(options: MkfsOptions, features: Features): Clusters {
  const { blockSize } = options;
  const usual = hasFeature(features, 'bigalloc') ? BLOCKS_PER_CLUSTER * blockSize : blockSize;
  const clusterSize = options.clusterSize ?? usual;
  const most = clusterSize < HUGE_CLUSTER_BYTES ? blockSize * 8 : (blockSize - 1) * 8;
  return {
    clusterRatio: clusterSize / blockSize,
    clustersPerGroup: Math.min(options.blocksPerGroup ?? most, CLUSTERS_PER_GROUP_MAX),
    firstDataBlock: clusterSize === 1024 ? 1 : 0,
  };
}

/** Numbers of groups and inodes; gives up blocks at the end that make no whole cluster, or no whole group. */
function fitGroups(
  options: MkfsOptions,
  features: Features,
  wantedBlocks: number,
  { clusterRatio, clustersPerGroup, firstDataBlock }: Clusters,
): Fitted {
  const { blockSize, inodeSize = 256 } = options;
  const inodes = wantedInodes(options, wantedBlocks, clusterRatio);
  const wholeClusters = wantedBlocks - (wantedBlocks % clusterRatio);
  let blocksPerGroup = clustersPerGroup * clusterRatio;
  if (blocksPerGroup >= 2 ** 32) throw new MkfsError(`${blocksPerGroup} blocks per group`);
  let blocks = wholeClusters;
  for (;;) {
    const groups = Math.ceil((blocks - firstDataBlock) / blocksPerGroup);
    if (groups <= 0) throw new MkfsError(`${wantedBlocks} blocks of ${blockSize} bytes hold no file system`);
    if (Math.ceil(inodes / groups) > blockSize * 8) {
      // More inodes than one bitmap block describes: smaller groups, as mke2fs tries.
      if (blocksPerGroup < 256 || clusterRatio > 1) {
        throw new MkfsError(`${inodes} inodes do not fit in ${groups} groups of ${blocksPerGroup} blocks`);
      }
      blocksPerGroup -= 8;
      blocks = wholeClusters;
      continue;
    }
    const inodesPerGroup = roundInodes(inodes, groups, blockSize, inodeSize);
    const inodeTableBlocks = Math.ceil((inodesPerGroup * inodeSize) / blockSize);
    const fitted: Fitted = {
      ...descriptors(options, features, { blocks, blocksPerGroup, firstDataBlock, groups, clusterRatio }),
      clustersPerGroup: blocksPerGroup / clusterRatio,
      blockSize,
      inodeSize,
      inodesPerGroup,
      inodeTableBlocks,
    };
    const rest = lastGroupMissing(fitted);
    if (rest === 0) return fitted;
    blocks -= rest;
  }
}

/** How descriptors and superblocks lie. Decides meta_bg where descriptors would take most of a group. */
function descriptors(
  options: MkfsOptions,
  asked: Features,
  size: Pick<GroupLayout, 'blocks' | 'blocksPerGroup' | 'firstDataBlock' | 'groups' | 'clusterRatio'>,
): GroupLayout & Pick<NewGeometry, 'features' | 'descriptorSize'> {
  const { blockSize } = options;
  const { groups, blocksPerGroup } = size;
  const wide = hasFeature(asked, '64bit');
  const descriptorSize = wide ? (options.descriptorSize ?? EXT4_MIN_DESC_SIZE_64BIT) : EXT4_MIN_DESC_SIZE;
  const descriptorsPerBlock = Math.floor(blockSize / descriptorSize);
  const descriptorBlocks = Math.ceil(groups / descriptorsPerBlock);
  const growth = hasFeature(asked, 'resize_inode')
    ? Math.min(reservedDescriptors(size, descriptorsPerBlock) - descriptorBlocks, blockSize / 4)
    : 0;
  const tooMany = growth + descriptorBlocks > (blocksPerGroup * 3) / 4;
  const features = settled(asked, tooMany, blockSize);
  return {
    ...size,
    features,
    descriptorSize,
    bootBlocks: blockSize === 1024 && size.firstDataBlock === 0 ? 1 : 0,
    descriptorsPerBlock,
    descriptorBlocks,
    reservedDescriptorBlocks: tooMany ? 0 : growth,
    firstMetaGroup: hasFeature(features, 'meta_bg') ? 0 : null,
    sparseSuper: hasFeature(features, 'sparse_super'),
    backupGroups: hasFeature(features, 'sparse_super2') ? backupGroups(groups) : null,
  };
}

/** The features that follow from the numbers: meta_bg instead of resize_inode, and large_file for a large resize inode. */
function settled(asked: Features, tooManyDescriptors: boolean, blockSize: number): Features {
  if (tooManyDescriptors) {
    const compat = asked.compat & ~COMPAT.resize_inode;
    return { ...asked, compat, incompat: asked.incompat | INCOMPAT.meta_bg };
  }
  const large = hasFeature(asked, 'resize_inode') && resizeInodeBytes(blockSize) > LARGE_FILE_BYTES;
  return large ? { ...asked, roCompat: asked.roCompat | RO_COMPAT.large_file } : asked;
}

/** The size of the resize inode is all that a double indirect block can address, whatever is there. */
export function resizeInodeBytes(blockSize: number): number {
  const addresses = blockSize / 4;
  return (addresses * addresses + addresses + 12) * blockSize;
}

/** sparse_super2: group 1 and the last one, in order, 0 for none. */
function backupGroups(groups: number): [number, number] {
  if (groups === 1) return [0, 0];
  return groups === 2 ? [0, 1] : [1, groups - 1];
}

/** Blocks of the last group when they are too few for its metadata, else 0. */
function lastGroupMissing(fitted: Fitted): number {
  const { blocks, firstDataBlock, blocksPerGroup, groups, inodeTableBlocks, firstMetaGroup } = fitted;
  const own = firstMetaGroup === null ? classicDescriptorBlocks(fitted) : 1;
  if (3 + own + fitted.reservedDescriptorBlocks + inodeTableBlocks > blocksPerGroup) {
    throw new MkfsError(
      `${fitted.inodesPerGroup} inodes per group leave no room in groups of ${blocksPerGroup} blocks`,
    );
  }
  const copies = 1 + fitted.descriptorBlocks + fitted.reservedDescriptorBlocks;
  const overhead = 2 + inodeTableBlocks + (groupHasSuperBlock(fitted, groups - 1) ? copies : 0);
  const rest = (blocks - firstDataBlock) % blocksPerGroup;
  if (rest === 0) return 0;
  if (groups === 1) {
    if (rest < overhead) throw new MkfsError(`${blocks} blocks are too few: metadata takes ${overhead}`);
    return 0;
  }
  return rest < overhead + LAST_GROUP_SPARE_BLOCKS ? rest : 0;
}

/** Bytes of the device for each inode, by the size below which they are (mke2fs.conf: floppy, small, the usual, big, huge). */
const USUAL_RATIOS: readonly (readonly [below: number, ratio: number])[] = [
  [3 * MIB, 8192],
  [512 * MIB, 4096],
  [4 * 2 ** 40, 16384],
  [16 * 2 ** 40, 32768],
  [Infinity, 65536],
];

function wantedInodes(options: MkfsOptions, blocks: number, clusterRatio: number): number {
  const { blockSize, inodeSize = 256, inodeRatio } = options;
  const bytes = blocks * blockSize;
  const [, usual = 16384] = USUAL_RATIOS.find(([below]) => bytes < below) ?? [];
  const inodes =
    options.inodes ?? Math.floor(bytes / (inodeRatio ?? Math.max(usual, blockSize * clusterRatio)));
  if (inodes * inodeSize >= bytes) {
    throw new MkfsError(`${inodes} inodes of ${inodeSize} bytes need more than ${blocks} blocks`);
  }
  return Math.max(inodes, EXT4_GOOD_OLD_FIRST_INO + 1);
}

/** Fills the last block of each inode table, in multiples of 8, and keeps room for the reserved inodes. */
function roundInodes(inodes: number, groups: number, blockSize: number, inodeSize: number): number {
  let perGroup = Math.min(Math.ceil(inodes / groups), INODES_PER_GROUP_MAX - blockSize / inodeSize);
  for (;;) {
    const tableBlocks = Math.ceil((perGroup * inodeSize) / blockSize);
    const filled = Math.floor((tableBlocks * blockSize) / inodeSize);
    const rounded = filled < 8 ? 8 : filled - (filled % 8);
    if (rounded * groups >= EXT4_GOOD_OLD_FIRST_INO + 1) return rounded;
    perGroup += 8;
  }
}

/** Descriptor blocks of a file system 1024 times as large. */
function reservedDescriptors(
  {
    blocks,
    blocksPerGroup,
    firstDataBlock,
  }: Pick<GroupLayout, 'blocks' | 'blocksPerGroup' | 'firstDataBlock'>,
  descriptorsPerBlock: number,
): number {
  const limit = 0xffffffff;
  const largest = blocks < Math.floor(limit / 1024) ? blocks * 1024 : limit;
  const groups = Math.ceil((largest - firstDataBlock) / blocksPerGroup);
  return Math.ceil(groups / descriptorsPerBlock);
}
