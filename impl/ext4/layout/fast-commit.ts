import { bytes, struct, u16, u32 } from '../../lib/struct.ts';

/**
 * What stands in the journal's fast commit area, little-endian unlike the rest of the journal: tags, each with a length and a
 * value (fs/ext4/fast_commit.h).
 */
export const FastCommitTagLayout = struct('ext4_fc_tl', 'little', 4, {
  tag: u16(0),
  /** Bytes of the value behind it. */
  length: u16(2),
});

/** FC_HEAD: the first fast commit after a transaction begins with it. */
export const FastCommitHeadLayout = struct('ext4_fc_head', 'little', 8, {
  features: u32(0),
  tid: u32(4),
});

/** FC_ADD_RANGE: the file maps these blocks. */
export const FastCommitAddRangeLayout = struct('ext4_fc_add_range', 'little', 16, {
  ino: u32(0),
  /** A struct ext4_extent. */
  extent: bytes(4, 12),
});

/** FC_DEL_RANGE: the file maps nothing there. */
export const FastCommitDelRangeLayout = struct('ext4_fc_del_range', 'little', 12, {
  ino: u32(0),
  logical: u32(4),
  length: u32(8),
});

/** FC_CREAT, FC_LINK, FC_UNLINK: the name follows, to the end of the value. */
export const FastCommitNameLayout = struct('ext4_fc_dentry_info', 'little', 8, {
  parentIno: u32(0),
  ino: u32(4),
});

/** FC_INODE: the inode as the table has it follows, up to its i_extra_isize. */
export const FastCommitInodeLayout = struct('ext4_fc_inode', 'little', 4, { ino: u32(0) });

/** FC_TAIL: the fast commit is whole. Its length reaches to the end of the block. */
export const FastCommitTailLayout = struct('ext4_fc_tail', 'little', 8, {
  tid: u32(0),
  /** crc32c, from 0 on, of everything since the tail before, this tag and its `tid` included. */
  checksum: u32(4),
});

export const FC_ADD_RANGE = 1;
export const FC_DEL_RANGE = 2;
export const FC_CREAT = 3;
export const FC_LINK = 4;
export const FC_UNLINK = 5;
export const FC_INODE = 6;
export const FC_PAD = 7;
export const FC_TAIL = 8;
export const FC_HEAD = 9;
