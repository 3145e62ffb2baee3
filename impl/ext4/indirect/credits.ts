import type { Inode } from '../inode/inode.ts';

/** The inode's block of the table, and the superblock. */
const INODE_CREDITS = 2;

/** Indirect blocks of one branch. */
const BRANCH_BLOCKS = 3;

/**
 * Credits to place or to free one run of up to `length` blocks below one indirect block, with the indirect blocks that come
 * or go by it: each has a bitmap and a descriptor (ext4_ind_trans_blocks and what ext4_meta_trans_blocks adds).
 */
export function indirectCredits(inode: Inode, length: number): number {
  const { blocksPerGroup, groups } = inode.sb.geometry;
  const touched = Math.min(groups, BRANCH_BLOCKS + 1 + Math.ceil(length / blocksPerGroup));
  return INODE_CREDITS + BRANCH_BLOCKS + 2 * touched;
}
