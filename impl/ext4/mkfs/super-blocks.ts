import { seedFromUuid, superBlockChecksum } from '../integrity/checksum.ts';
import { hasFeature } from '../super/features.ts';
import { groupFirstBlock, groupHasSuperBlock } from '../allocation/group-layout.ts';
import {
  EXT4_GOOD_OLD_FIRST_INO,
  EXT4_GOOD_OLD_INODE_SIZE,
  EXT4_JOURNAL_INO,
  EXTRA_ISIZE,
} from '../layout/inode.ts';
import {
  EXT2_FLAGS_SIGNED_HASH,
  EXT2_FLAGS_UNSIGNED_HASH,
  EXT3_JNL_BACKUP_BLOCKS,
  EXT4_CRC32C_CHKSUM,
  EXT4_DYNAMIC_REV,
  EXT4_SUPER_MAGIC,
  EXT4_VALID_FS,
  setFreeBlocksCount,
  SUPERBLOCK_OFFSET,
  SuperBlockLayout,
  type RawSuperBlock,
} from '../layout/superblock.ts';
import { HASH_VERSIONS } from './hash-version.ts';
import { highHalf, lowHalf } from '../../lib/struct.ts';
import type { NewGeometry } from './geometry.ts';
import type { Totals } from './groups.ts';
import { bytesOf, type Image } from './image.ts';
import { orphanFileInode } from './inodes.ts';
import { MkfsError } from './mkfs-error.ts';
import { MMP_INTERVAL } from './mmp.ts';
import type { MkfsOptions } from './options.ts';
import type { Placement } from './placement.ts';
import { quotaFiles } from './quota-files.ts';

/** s_default_mount_opts: user_xattr and acl. */
const DEFAULT_MOUNT_OPTIONS = 0xc;
const MAX_MOUNTS_UNLIMITED = 0xffff;
/** s_encrypt_algos: what contents and names are encrypted with, when nobody says otherwise. */
const ENCRYPTION_MODE_AES_256_XTS = 1;
const ENCRYPTION_MODE_AES_256_CTS = 4;
/** s_encoding. */
const ENCODING_UTF8_12_1 = 1;
/** s_errors. */
const ERRORS = { continue: 1, 'remount-ro': 2, panic: 3 } as const;

/** What a file system without files has lost to metadata, clusters (s_overhead_clusters). */
const overhead = ({ geometry, placement }: SuperBlockParts): number =>
  geometry.firstDataBlock +
  Math.ceil(geometry.journalBlocks / geometry.clusterRatio) +
  placement.metadataBlocks / geometry.clusterRatio;

export interface SuperBlockParts {
  readonly options: MkfsOptions;
  readonly geometry: NewGeometry;
  readonly placement: Placement;
  readonly totals: Totals;
  /** i_block of the journal inode, 60 bytes; null without a journal. */
  readonly journalMap: Uint8Array | null;
}

/** Every superblock: the primary one, and the copies, which carry their group and no valid state. */
export function writeSuperBlocks(image: Image, parts: SuperBlockParts): void {
  const { geometry } = parts;
  const offset = geometry.blockSize === SUPERBLOCK_OFFSET ? 0 : SUPERBLOCK_OFFSET;
  const first = geometry.firstDataBlock + geometry.bootBlocks;
  const primary = SuperBlockLayout.at(image.block(first), offset);
  fill(primary, parts);
  const checksums = hasFeature(geometry.features, 'metadata_csum');
  for (let group = geometry.groups - 1; group >= 0; group--) {
    if (!groupHasSuperBlock(geometry, group)) continue;
    const at = group === 0 ? offset : 0;
    const block = group === 0 ? first : groupFirstBlock(geometry, group);
    const raw = SuperBlockLayout.at(image.block(block), at);
    if (group > 0) {
      bytesOf(raw.view).set(bytesOf(primary.view).subarray(offset, offset + SuperBlockLayout.size));
      raw.state = 0;
      raw.blockGroupNr = group;
    }
    if (checksums) raw.checksum = superBlockChecksum(bytesOf(raw.view).subarray(at));
  }
}

function fill(raw: RawSuperBlock, parts: SuperBlockParts): void {
  const { geometry, options } = parts;
  const { features } = geometry;
  fillSizes(raw, parts);
  fillTimes(raw, options.now);
  fillIdentity(raw, options);
  raw.featureCompat = features.compat;
  raw.featureIncompat = features.incompat;
  raw.featureRoCompat = features.roCompat;
  if (hasFeature(features, 'metadata_csum')) raw.checksumType = EXT4_CRC32C_CHKSUM;
  if (hasFeature(features, 'metadata_csum_seed')) raw.checksumSeed = seedFromUuid(options.uuid);
  if (geometry.orphanBlocks > 0) raw.orphanFileInum = orphanFileInode(geometry);
  for (const { field, ino } of quotaFiles(geometry)) raw[field] = ino;
  fillSpecial(raw, parts);
  if (parts.journalMap === null) return;
  raw.journalInum = EXT4_JOURNAL_INO;
  raw.jnlBackupType = EXT3_JNL_BACKUP_BLOCKS;
  raw.jnlBlocks.set(parts.journalMap);
  const bytes = geometry.journalBlocks * geometry.blockSize;
  const sizes = SuperBlockLayout.fields.jnlBlocks.offset + raw.base + parts.journalMap.length;
  raw.view.setUint32(sizes, highHalf(bytes), true);
  raw.view.setUint32(sizes + 4, lowHalf(bytes), true);
}

/** What features that are rare have for themselves. */
function fillSpecial(raw: RawSuperBlock, { geometry, placement }: SuperBlockParts): void {
  const { features } = geometry;
  if (hasFeature(features, 'mmp')) {
    raw.mmpUpdateInterval = MMP_INTERVAL;
    raw.mmpBlockLo = lowHalf(placement.mmpBlock);
    raw.mmpBlockHi = highHalf(placement.mmpBlock);
  }
  if (hasFeature(features, 'encrypt')) {
    raw.encryptAlgos.set([ENCRYPTION_MODE_AES_256_XTS, ENCRYPTION_MODE_AES_256_CTS]);
  }
  if (hasFeature(features, 'casefold')) raw.encoding = ENCODING_UTF8_12_1;
}

function fillSizes(raw: RawSuperBlock, parts: SuperBlockParts): void {
  const { geometry, totals } = parts;
  raw.inodesCount = geometry.inodesPerGroup * geometry.groups;
  raw.blocksCountLo = lowHalf(geometry.blocks);
  raw.blocksCountHi = highHalf(geometry.blocks);
  raw.rBlocksCountLo = lowHalf(geometry.reservedBlocks);
  setFreeBlocksCount(raw, totals.freeBlocks);
  raw.freeInodesCount = totals.freeInodes;
  raw.firstDataBlock = geometry.firstDataBlock;
  raw.logBlockSize = Math.log2(geometry.blockSize) - 10;
  raw.logClusterSize = raw.logBlockSize + Math.log2(geometry.clusterRatio);
  raw.blocksPerGroup = geometry.blocksPerGroup;
  raw.clustersPerGroup = geometry.clustersPerGroup;
  raw.inodesPerGroup = geometry.inodesPerGroup;
  raw.firstIno = EXT4_GOOD_OLD_FIRST_INO;
  raw.inodeSize = geometry.inodeSize;
  if (geometry.inodeSize > EXT4_GOOD_OLD_INODE_SIZE) {
    raw.minExtraIsize = EXTRA_ISIZE;
    raw.wantExtraIsize = EXTRA_ISIZE;
  }
  raw.descSize = hasFeature(geometry.features, '64bit') ? geometry.descriptorSize : 0;
  raw.reservedGdtBlocks = geometry.reservedDescriptorBlocks;
  raw.logGroupsPerFlex = Math.log2(geometry.groupsPerFlex);
  [raw.backupBgs0, raw.backupBgs1] = geometry.backupGroups ?? [0, 0];
  raw.overheadClusters = overhead(parts);
}

function fillTimes(raw: RawSuperBlock, now: number): void {
  raw.wtime = lowHalf(now);
  raw.lastcheck = lowHalf(now);
  raw.mkfsTime = lowHalf(now);
  raw.wtimeHi = highHalf(now);
  raw.lastcheckHi = highHalf(now);
  raw.mkfsTimeHi = highHalf(now);
}

function fillIdentity(raw: RawSuperBlock, options: MkfsOptions): void {
  raw.magic = EXT4_SUPER_MAGIC;
  raw.state = EXT4_VALID_FS;
  raw.errors = ERRORS[options.errors ?? 'continue'];
  raw.revLevel = EXT4_DYNAMIC_REV;
  raw.maxMntCount = MAX_MOUNTS_UNLIMITED;
  raw.defaultMountOpts = DEFAULT_MOUNT_OPTIONS;
  raw.flags = options.unsignedHash === true ? EXT2_FLAGS_UNSIGNED_HASH : EXT2_FLAGS_SIGNED_HASH;
  raw.defHashVersion = HASH_VERSIONS[options.hash ?? 'half_md4'];
  raw.uuid.set(options.uuid);
  raw.hashSeed.set(options.hashSeed);
  raw.volumeName.set(encodeLabel(options.label ?? ''));
}

/** s_volume_name: 16 bytes of UTF-8, filled up with zeros. */
function encodeLabel(label: string): Uint8Array {
  const encoded = new TextEncoder().encode(label);
  if (encoded.length > 16) throw new MkfsError(`label ${label} is longer than 16 bytes`);
  return encoded;
}
