import { bytes, struct, u16, u32, type Overlay } from '../../lib/struct.ts';

/** Quota files of the feature quota: vfsv1 (fs/quota/quotaio_v2.h, quota_tree.h), in blocks of their own size. */
export const QUOTA_BLOCK_BYTES = 1024;

/** Block of the tree's root; each of its 256 words is a block of the file, or 0. */
export const QUOTA_ROOT_BLOCK = 1;
export const QUOTA_TREE_WORDS = 256;

/** Levels of the tree: one for each byte of an id. */
export const QUOTA_TREE_DEPTH = 4;

/** struct v2_disk_dqheader. */
export const QuotaHeaderLayout = struct('v2_disk_dqheader', 'little', 8, {
  magic: u32(0x0),
  version: u32(0x4),
});

/** struct v2_disk_dqinfo, behind the header. */
export const QuotaInfoLayout = struct('v2_disk_dqinfo', 'little', 24, {
  blockGrace: u32(0x0),
  inodeGrace: u32(0x4),
  flags: u32(0x8),
  blocks: u32(0xc),
  freeBlock: u32(0x10),
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

/** struct v2r1_disk_dqblk: what one id may have, and has. */
export const QuotaEntryLayout = struct('v2r1_disk_dqblk', 'little', 72, {
  id: u32(0x0),
  pad: u32(0x4),
  inodeHardLimit: bytes(0x8, 8),
  inodeSoftLimit: bytes(0x10, 8),
  inodes: bytes(0x18, 8),
  blockHardLimit: bytes(0x20, 8),
  blockSoftLimit: bytes(0x28, 8),
  space: bytes(0x30, 8),
  blockTime: bytes(0x38, 8),
  inodeTime: bytes(0x40, 8),
});

export type RawQuotaBlockHeader = Overlay<typeof QuotaBlockHeaderLayout.fields>;
