import { struct, u16, u32 } from '../../lib/struct.ts';

/**
 * What stands in the fast commit area, little-endian unlike the rest of the journal: tags, each with a length and a value
 * (struct ext4_fc_tl of fs/ext4/fast_commit.h).
 */
export const FastCommitTagLayout = struct('ext4_fc_tl', 'little', 4, {
  tag: u16(0),
  /** Bytes of the value behind it. */
  length: u16(2),
});

/** The value of FC_HEAD, which the first fast commit after a transaction begins with. */
export const FastCommitHeadLayout = struct('ext4_fc_head', 'little', 8, {
  features: u32(0),
  tid: u32(4),
});

/** The value of FC_TAIL: the fast commit is whole. Its length reaches to the end of the block. */
export const FastCommitTailLayout = struct('ext4_fc_tail', 'little', 8, {
  tid: u32(0),
  /** crc32c, from 0 on, of everything since the tail before, this tag and its `tid` included. */
  checksum: u32(4),
});

/** The first tag; up to FC_INODE they are changes: ranges, names, inodes. */
export const FC_ADD_RANGE = 1;
export const FC_PAD = 7;
export const FC_TAIL = 8;
export const FC_HEAD = 9;

/** Blocks of the area when the journal's superblock does not say (JBD2_DEFAULT_FAST_COMMIT_BLOCKS). */
export const FC_DEFAULT_BLOCKS = 256;
