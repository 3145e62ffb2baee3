import { SECTOR_BYTES } from '../../block/bio.ts';
import { BadChecksum, Corruption, MountRefused } from '../../lib/corruption.ts';
import { seedFromUuid, superBlockChecksum } from '../integrity/checksum.ts';
import { groupChecksumOf, type GroupChecksum } from '../integrity/group-checksum.ts';
import { COMPAT, hasFeature, INCOMPAT, RO_COMPAT, type Features } from './features.ts';
import { groupBaseBlocks, type GroupLayout } from '../allocation/group-layout.ts';
import { EXT4_MIN_DESC_SIZE, EXT4_MIN_DESC_SIZE_64BIT } from '../layout/group-descriptor.ts';
import { EXT4_GOOD_OLD_FIRST_INO, EXT4_GOOD_OLD_INODE_SIZE } from '../layout/inode.ts';
import {
  blocksCount,
  EXT4_CRC32C_CHKSUM,
  EXT4_DYNAMIC_REV,
  EXT4_GOOD_OLD_REV,
  EXT4_SUPER_MAGIC,
  reservedBlocksCount,
  SuperBlockLayout,
  type RawSuperBlock,
} from '../layout/superblock.ts';
import type { Geometry } from './super-block.ts';

/** 65536 bytes (EXT4_MAX_BLOCK_LOG_SIZE): the kernel mounts blocks larger than its pages since 6.19. */
const LOG_BLOCK_SIZE_MAX = 6;

/** EXT4_MAX_CLUSTER_LOG_SIZE, as far above 1024 bytes as the field counts. */
const LOG_CLUSTER_SIZE_MAX = 20;

/** What a superblock says, checked. */
export interface CheckedSuperBlock {
  readonly geometry: Geometry;
  readonly layout: GroupLayout;
  readonly features: Features;
  readonly hasChecksums: boolean;
  readonly checksumSeed: number;
  /** Null without checksums of descriptors: then their flags and unused inodes mean nothing. */
  readonly groupChecksum: GroupChecksum | null;
}

const NAME = 'ext4_super_block';

function wrong(field: string, found: number, expected: string): never {
  throw new Corruption(NAME, field, found, expected);
}

function within(field: string, found: number, least: number, most: number): void {
  if (found < least || found > most) wrong(field, found, `${least} .. ${most}`);
}

const isPowerOfTwo = (value: number): boolean => value > 0 && (value & (value - 1)) === 0;

export const featuresOf = (raw: RawSuperBlock): Features => ({
  compat: raw.featureCompat,
  incompat: raw.featureIncompat,
  roCompat: raw.featureRoCompat,
});

/** First things first: is it ext4 at all, and are these its bytes? `data` is the superblock's 1024 bytes. */
export function checkIdentity(raw: RawSuperBlock, data: Uint8Array): void {
  if (raw.magic !== EXT4_SUPER_MAGIC)
    wrong('magic', raw.magic, `${EXT4_SUPER_MAGIC}: not an ext4 file system`);
  if (raw.revLevel > EXT4_DYNAMIC_REV)
    throw new MountRefused(`cannot mount revision ${raw.revLevel}, only 0 and 1`);
  if ((raw.featureRoCompat & RO_COMPAT.metadata_csum) === 0) return;
  if (raw.checksumType !== EXT4_CRC32C_CHKSUM) wrong('checksumType', raw.checksumType, '1 (crc32c)');
  const crc = superBlockChecksum(data);
  if (raw.checksum !== crc) throw new BadChecksum(NAME, 'checksum', raw.checksum, String(crc));
}

/** Every number that something is computed from (the checks of ext4_fill_super); features were checked before. */
export function checkSuperBlock(raw: RawSuperBlock, deviceSectors: number): CheckedSuperBlock {
  const features = featuresOf(raw);
  const geometry = checkGeometry(raw, features, deviceSectors);
  const layout = layoutOf(raw, features, geometry);
  if (groupBaseBlocks(layout, 0) >= geometry.blocksPerGroup) {
    wrong(
      'reservedGdtBlocks',
      raw.reservedGdtBlocks,
      `fewer than the ${geometry.blocksPerGroup} blocks of a group`,
    );
  }
  const hasChecksums = (features.roCompat & RO_COMPAT.metadata_csum) !== 0;
  const ownSeed = (features.incompat & INCOMPAT.metadata_csum_seed) !== 0;
  const checksumSeed = ownSeed ? raw.checksumSeed : seedFromUuid(raw.uuid);
  const groupChecksum = groupChecksumOf(features, checksumSeed, raw.uuid);
  return { geometry, layout, features, hasChecksums, checksumSeed, groupChecksum };
}

function checkGeometry(raw: RawSuperBlock, features: Features, deviceSectors: number): Geometry {
  within('logBlockSize', raw.logBlockSize, 0, LOG_BLOCK_SIZE_MAX);
  const blockSize = 1024 << raw.logBlockSize;
  const clusterRatio = checkClusters(raw, features, blockSize);
  const firstDataBlock = blockSize * clusterRatio === 1024 ? 1 : 0;
  within('firstDataBlock', raw.firstDataBlock, firstDataBlock, firstDataBlock);
  const is64bit = (features.incompat & INCOMPAT['64bit']) !== 0;
  const descriptorSize = checkDescriptorSize(raw, is64bit, blockSize);
  const blocks = checkBlocks(raw, is64bit, { blockSize, firstDataBlock, deviceSectors });
  const groups = Math.ceil((blocks - firstDataBlock) / raw.blocksPerGroup);
  const { inodeSize, firstInode } = checkInodes(raw, blockSize, groups);
  within('reservedGdtBlocks', raw.reservedGdtBlocks, 0, blockSize / 4);
  within('logGroupsPerFlex', raw.logGroupsPerFlex, 0, 31);
  return {
    blockSize,
    blockBits: raw.logBlockSize + 10,
    blocks,
    firstDataBlock,
    blocksPerGroup: raw.blocksPerGroup,
    clusterRatio,
    clustersPerGroup: raw.clustersPerGroup,
    inodesPerGroup: raw.inodesPerGroup,
    inodes: raw.inodesCount,
    firstInode,
    inodeSize,
    groups,
    groupsPerFlex: (features.incompat & INCOMPAT.flex_bg) === 0 ? 1 : (1 << raw.logGroupsPerFlex) >>> 0,
    descriptorSize,
    inodeTableBlocksPerGroup: Math.ceil((raw.inodesPerGroup * inodeSize) / blockSize),
  };
}

/** Blocks of a cluster; the sizes of a group in both are checked. */
function checkClusters(raw: RawSuperBlock, features: Features, blockSize: number): number {
  const { logBlockSize, logClusterSize, clustersPerGroup } = raw;
  const bigalloc = (features.roCompat & RO_COMPAT.bigalloc) !== 0;
  if (!bigalloc && logClusterSize !== logBlockSize) {
    wrong('logClusterSize', logClusterSize, `${logBlockSize} without the feature bigalloc`);
  }
  within('logClusterSize', logClusterSize, logBlockSize, LOG_CLUSTER_SIZE_MAX);
  const ratio = 1 << (logClusterSize - logBlockSize);
  within('clustersPerGroup', clustersPerGroup, 8, blockSize * 8);
  if (clustersPerGroup % 8 !== 0) wrong('clustersPerGroup', clustersPerGroup, 'a multiple of 8');
  within('blocksPerGroup', raw.blocksPerGroup, clustersPerGroup * ratio, clustersPerGroup * ratio);
  return ratio;
}

function checkDescriptorSize(raw: RawSuperBlock, is64bit: boolean, blockSize: number): number {
  if (!is64bit) return EXT4_MIN_DESC_SIZE;
  within('descSize', raw.descSize, EXT4_MIN_DESC_SIZE_64BIT, blockSize);
  if (!isPowerOfTwo(raw.descSize)) wrong('descSize', raw.descSize, 'a power of two');
  return raw.descSize;
}

interface DeviceBounds {
  readonly blockSize: number;
  readonly firstDataBlock: number;
  readonly deviceSectors: number;
}

function checkBlocks(raw: RawSuperBlock, is64bit: boolean, bounds: DeviceBounds): number {
  const blocks = blocksCount(raw, is64bit);
  const deviceBlocks = Math.floor((bounds.deviceSectors * SECTOR_BYTES) / bounds.blockSize);
  if (blocks <= bounds.firstDataBlock + 1)
    wrong('blocksCount', blocks, `more than ${bounds.firstDataBlock + 1}`);
  if (blocks > deviceBlocks)
    wrong('blocksCount', blocks, `at most ${deviceBlocks}, the blocks of the device`);
  const reserved = reservedBlocksCount(raw, is64bit);
  if (reserved > blocks) wrong('rBlocksCount', reserved, `at most ${blocks}`);
  return blocks;
}

function checkInodes(
  raw: RawSuperBlock,
  blockSize: number,
  groups: number,
): Pick<Geometry, 'inodeSize' | 'firstInode'> {
  const old = raw.revLevel === EXT4_GOOD_OLD_REV;
  const inodeSize = old ? EXT4_GOOD_OLD_INODE_SIZE : raw.inodeSize;
  const firstInode = old ? EXT4_GOOD_OLD_FIRST_INO : raw.firstIno;
  within('inodeSize', inodeSize, EXT4_GOOD_OLD_INODE_SIZE, blockSize);
  if (!isPowerOfTwo(inodeSize)) wrong('inodeSize', inodeSize, 'a power of two');
  within('inodesPerGroup', raw.inodesPerGroup, blockSize / inodeSize, blockSize * 8);
  const inodes = raw.inodesPerGroup * groups;
  within('inodesCount', raw.inodesCount, inodes, inodes);
  within('firstIno', firstInode, EXT4_GOOD_OLD_FIRST_INO, raw.inodesCount);
  return { inodeSize, firstInode };
}

function layoutOf(raw: RawSuperBlock, features: Features, geometry: Geometry): GroupLayout {
  const { blocks, firstDataBlock, blocksPerGroup, clusterRatio, groups, descriptorSize, blockSize } =
    geometry;
  const descriptorsPerBlock = Math.floor(blockSize / descriptorSize);
  const metaGroups = hasFeature(features, 'meta_bg');
  // Without the feature the field means nothing.
  if (metaGroups) within('firstMetaBg', raw.firstMetaBg, 0, Math.ceil(groups / descriptorsPerBlock));
  return {
    blocks,
    firstDataBlock,
    blocksPerGroup,
    groups,
    sparseSuper: (features.roCompat & RO_COMPAT.sparse_super) !== 0,
    backupGroups: (features.compat & COMPAT.sparse_super2) !== 0 ? [raw.backupBgs0, raw.backupBgs1] : null,
    descriptorBlocks: Math.ceil(groups / descriptorsPerBlock),
    descriptorsPerBlock,
    reservedDescriptorBlocks: raw.reservedGdtBlocks,
    clusterRatio,
    bootBlocks: blockSize === 1024 && firstDataBlock === 0 ? 1 : 0,
    firstMetaGroup: metaGroups ? raw.firstMetaBg : null,
  };
}

export const SUPERBLOCK_BYTES = SuperBlockLayout.size;
