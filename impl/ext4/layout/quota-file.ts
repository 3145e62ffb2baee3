import { struct, u16, u32 } from '../../lib/struct.ts';

/** A quota file (vfsv1: fs/quota/quotaio_v2.h, quota_tree.h) consists of blocks of this size, whatever the file system's blocks are (QT_BLKSIZE). */
export const QUOTA_BLOCK_BYTES = 1024;

/** dqh_magic of the files for users, groups and projects. */
export const QUOTA_MAGIC = { user: 0xd9c01f11, group: 0xd9c01927, project: 0xd9c03f14 } as const;

/** dqh_version: limits of 64 bits (QFMT_VFS_V1). */
export const QUOTA_VERSION = 1;

/** Block of the tree's root; each of its 256 words is a block of the file, or 0. */
export const QUOTA_ROOT_BLOCK = 1;
export const QUOTA_TREE_WORDS = 256;

/** Levels of the tree: one for each byte of an id. */
export const QUOTA_TREE_DEPTH = 4;

/** struct v2_disk_dqheader: begins block 0 of the file. */
export const QuotaHeaderLayout = struct('v2_disk_dqheader', 'little', 8, {
  magic: u32(0x0),
  version: u32(0x4),
});

/** struct v2_disk_dqinfo, behind the header. */
export const QuotaInfoLayout = struct('v2_disk_dqinfo', 'little', 24, {
  /** Seconds that a soft limit of blocks may be exceeded. */
  blockGrace: u32(0x0),
  inodeGrace: u32(0x4),
  flags: u32(0x8),
  /** Quota blocks of the file. */
  blocks: u32(0xc),
  freeBlock: u32(0x10),
  /** The first block that has room for an entry. */
  freeEntry: u32(0x14),
});

/** struct qt_disk_dqdbheader: begins a block of entries. */
export const QuotaBlockHeaderLayout = struct('qt_disk_dqdbheader', 'little', 16, {
  nextFree: u32(0x0),
  previousFree: u32(0x4),
  entries: u16(0x8),
  pad1: u16(0xa),
  pad2: u32(0xc),
});

/** struct v2r1_disk_dqblk: what one id uses and may use; limits of 0 are none. */
export const QuotaEntryLayout = struct('v2r1_disk_dqblk', 'little', 72, {
  id: u32(0x0),
  pad: u32(0x4),
  inodeHardLimitLo: u32(0x8),
  inodeHardLimitHi: u32(0xc),
  inodeSoftLimitLo: u32(0x10),
  inodeSoftLimitHi: u32(0x14),
  inodesLo: u32(0x18),
  inodesHi: u32(0x1c),
  blockHardLimitLo: u32(0x20),
  blockHardLimitHi: u32(0x24),
  blockSoftLimitLo: u32(0x28),
  blockSoftLimitHi: u32(0x2c),
  /** Bytes in use. */
  spaceLo: u32(0x30),
  spaceHi: u32(0x34),
  blockTimeLo: u32(0x38),
  blockTimeHi: u32(0x3c),
  inodeTimeLo: u32(0x40),
  inodeTimeHi: u32(0x44),
});
