import { bytes, highHalf, join, lowHalf, struct, u16, u32, u8, type Overlay } from '../../lib/struct.ts';

/** Byte offset of the primary superblock on the device, whatever the block size. */
export const SUPERBLOCK_OFFSET = 1024;

export const EXT4_SUPER_MAGIC = 0xef53;

/** s_rev_level: in the first revision every inode has 128 bytes, and the superblock does not say so. */
export const EXT4_GOOD_OLD_REV = 0;
export const EXT4_DYNAMIC_REV = 1;

/** s_state. */
export const EXT4_VALID_FS = 1;
/** s_state: errors were met and not mended. */
export const EXT4_ERROR_FS = 2;
export const EXT4_ORPHAN_FS = 4;

/** s_flags. */
export const EXT2_FLAGS_SIGNED_HASH = 1;
export const EXT2_FLAGS_UNSIGNED_HASH = 2;

/** s_checksum_type: crc32c is the only one there is. */
export const EXT4_CRC32C_CHKSUM = 1;

/** s_jnl_backup_type: s_jnl_blocks holds a copy of the journal inode's i_block and i_size. */
export const EXT3_JNL_BACKUP_BLOCKS = 1;

/** struct ext4_super_block (fs/ext4/ext4.h), 1024 bytes at byte 1024 of the device. */
export const SuperBlockLayout = struct('ext4_super_block', 'little', 1024, {
  inodesCount: u32(0x0),
  blocksCountLo: u32(0x4),
  rBlocksCountLo: u32(0x8),
  freeBlocksCountLo: u32(0xc),
  freeInodesCount: u32(0x10),
  firstDataBlock: u32(0x14),
  logBlockSize: u32(0x18),
  logClusterSize: u32(0x1c),
  blocksPerGroup: u32(0x20),
  clustersPerGroup: u32(0x24),
  inodesPerGroup: u32(0x28),
  mtime: u32(0x2c),
  wtime: u32(0x30),
  mntCount: u16(0x34),
  maxMntCount: u16(0x36),
  magic: u16(0x38),
  state: u16(0x3a),
  errors: u16(0x3c),
  minorRevLevel: u16(0x3e),
  lastcheck: u32(0x40),
  checkinterval: u32(0x44),
  creatorOs: u32(0x48),
  revLevel: u32(0x4c),
  defResuid: u16(0x50),
  defResgid: u16(0x52),
  firstIno: u32(0x54),
  inodeSize: u16(0x58),
  blockGroupNr: u16(0x5a),
  featureCompat: u32(0x5c),
  featureIncompat: u32(0x60),
  featureRoCompat: u32(0x64),
  uuid: bytes(0x68, 16),
  volumeName: bytes(0x78, 16),
  lastMounted: bytes(0x88, 64),
  algorithmUsageBitmap: u32(0xc8),
  preallocBlocks: u8(0xcc),
  preallocDirBlocks: u8(0xcd),
  reservedGdtBlocks: u16(0xce),
  journalUuid: bytes(0xd0, 16),
  journalInum: u32(0xe0),
  journalDev: u32(0xe4),
  lastOrphan: u32(0xe8),
  hashSeed: bytes(0xec, 16),
  defHashVersion: u8(0xfc),
  jnlBackupType: u8(0xfd),
  descSize: u16(0xfe),
  defaultMountOpts: u32(0x100),
  firstMetaBg: u32(0x104),
  mkfsTime: u32(0x108),
  /** 17 words: i_block of the journal inode, then i_size_high and i_size. */
  jnlBlocks: bytes(0x10c, 68),
  blocksCountHi: u32(0x150),
  rBlocksCountHi: u32(0x154),
  freeBlocksCountHi: u32(0x158),
  minExtraIsize: u16(0x15c),
  wantExtraIsize: u16(0x15e),
  flags: u32(0x160),
  raidStride: u16(0x164),
  mmpUpdateInterval: u16(0x166),
  mmpBlockLo: u32(0x168),
  mmpBlockHi: u32(0x16c),
  raidStripeWidth: u32(0x170),
  logGroupsPerFlex: u8(0x174),
  checksumType: u8(0x175),
  encryptionLevel: u8(0x176),
  reservedPad: u8(0x177),
  kbytesWrittenLo: u32(0x178),
  kbytesWrittenHi: u32(0x17c),
  snapshotInum: u32(0x180),
  snapshotId: u32(0x184),
  snapshotRBlocksCountLo: u32(0x188),
  snapshotRBlocksCountHi: u32(0x18c),
  snapshotList: u32(0x190),
  errorCount: u32(0x194),
  firstErrorTime: u32(0x198),
  firstErrorIno: u32(0x19c),
  firstErrorBlockLo: u32(0x1a0),
  firstErrorBlockHi: u32(0x1a4),
  firstErrorFunc: bytes(0x1a8, 32),
  firstErrorLine: u32(0x1c8),
  lastErrorTime: u32(0x1cc),
  lastErrorIno: u32(0x1d0),
  lastErrorLine: u32(0x1d4),
  lastErrorBlockLo: u32(0x1d8),
  lastErrorBlockHi: u32(0x1dc),
  lastErrorFunc: bytes(0x1e0, 32),
  mountOpts: bytes(0x200, 64),
  usrQuotaInum: u32(0x240),
  grpQuotaInum: u32(0x244),
  overheadClusters: u32(0x248),
  backupBgs0: u32(0x24c),
  backupBgs1: u32(0x250),
  encryptAlgos: bytes(0x254, 4),
  encryptPwSalt: bytes(0x258, 16),
  lpfIno: u32(0x268),
  prjQuotaInum: u32(0x26c),
  checksumSeed: u32(0x270),
  wtimeHi: u8(0x274),
  mtimeHi: u8(0x275),
  mkfsTimeHi: u8(0x276),
  lastcheckHi: u8(0x277),
  firstErrorTimeHi: u8(0x278),
  lastErrorTimeHi: u8(0x279),
  firstErrorErrcode: u8(0x27a),
  lastErrorErrcode: u8(0x27b),
  encoding: u16(0x27c),
  encodingFlags: u16(0x27e),
  orphanFileInum: u32(0x280),
  defResuidHi: u16(0x284),
  defResgidHi: u16(0x286),
  reserved: bytes(0x288, 372),
  checksum: u32(0x3fc),
});

export type RawSuperBlock = Overlay<typeof SuperBlockLayout.fields>;

/** s_blocks_count, blocks. The high half means something only with the feature 64bit. */
export const blocksCount = (raw: RawSuperBlock, is64bit: boolean): number =>
  join(is64bit ? raw.blocksCountHi : 0, raw.blocksCountLo);

/** s_r_blocks_count, blocks that only root may use. */
export const reservedBlocksCount = (raw: RawSuperBlock, is64bit: boolean): number =>
  join(is64bit ? raw.rBlocksCountHi : 0, raw.rBlocksCountLo);

/** s_def_resuid and s_def_resgid: who, besides root, may use those blocks. */
export const reserveUser = (raw: RawSuperBlock): number => raw.defResuidHi * 2 ** 16 + raw.defResuid;
export const reserveGroup = (raw: RawSuperBlock): number => raw.defResgidHi * 2 ** 16 + raw.defResgid;

export function setFreeBlocksCount(raw: RawSuperBlock, blocks: number): void {
  raw.freeBlocksCountLo = lowHalf(blocks);
  raw.freeBlocksCountHi = highHalf(blocks);
}
