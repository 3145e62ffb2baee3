import { bytes, struct, u16, u32, type Overlay } from '../../lib/struct.ts';

/** Bytes of an inode of the first revision: the fields from extraIsize on are not there. */
export const EXT4_GOOD_OLD_INODE_SIZE = 128;

/** Inodes with a fixed number (fs/ext4/ext4.h). */
export const EXT4_ROOT_INO = 2;
export const EXT4_RESIZE_INO = 7;
export const EXT4_JOURNAL_INO = 8;
export const EXT4_GOOD_OLD_FIRST_INO = 11;

/** Fixed part of struct ext4_inode (fs/ext4/ext4.h); i_extra_isize says how much of it beyond byte 128 is in use. */
export const InodeLayout = struct('ext4_inode', 'little', 160, {
  mode: u16(0x0),
  uidLo: u16(0x2),
  sizeLo: u32(0x4),
  atime: u32(0x8),
  ctime: u32(0xc),
  mtime: u32(0x10),
  dtime: u32(0x14),
  gidLo: u16(0x18),
  linksCount: u16(0x1a),
  blocksLo: u32(0x1c),
  flags: u32(0x20),
  versionLo: u32(0x24),
  block: bytes(0x28, 60),
  generation: u32(0x64),
  fileAclLo: u32(0x68),
  sizeHigh: u32(0x6c),
  obsoFaddr: u32(0x70),
  blocksHigh: u16(0x74),
  fileAclHigh: u16(0x76),
  uidHigh: u16(0x78),
  gidHigh: u16(0x7a),
  checksumLo: u16(0x7c),
  reserved: u16(0x7e),
  extraIsize: u16(0x80),
  checksumHi: u16(0x82),
  ctimeExtra: u32(0x84),
  mtimeExtra: u32(0x88),
  atimeExtra: u32(0x8c),
  crtime: u32(0x90),
  crtimeExtra: u32(0x94),
  versionHi: u32(0x98),
  projid: u32(0x9c),
});

export type RawInode = Overlay<typeof InodeLayout.fields>;

/** Byte offset of i_block: the root of the extent tree, a fast symlink's target, or block numbers. */
export const I_BLOCK_OFFSET = InodeLayout.fields.block.offset;

/** Bytes after EXT4_GOOD_OLD_INODE_SIZE that this table knows (i_extra_isize of a new inode). */
export const EXTRA_ISIZE = InodeLayout.size - EXT4_GOOD_OLD_INODE_SIZE;
