import type { Inode } from '../inode/inode.ts';
import { rootOf } from './path.ts';

/** The inode's block of the table, and the superblock. */
const INODE_CREDITS = 2;

/** Bitmaps and group descriptors that a run of `blocks` blocks may touch. */
function groupCredits(inode: Inode, blocks: number): number {
  const { blocksPerGroup, groups } = inode.sb.geometry;
  return 2 * Math.min(groups, 1 + Math.ceil(blocks / blocksPerGroup));
}

/** Tree blocks that one splice may change, split, add or free, each addition with its bitmap and descriptor. */
const treeCredits = (inode: Inode): number => 5 * (rootOf(inode).depth + 1);

/** Credits to put a run of up to `length` blocks into the tree, to convert or to cut one (ext4_chunk_trans_extent). */
export const extentCredits = (inode: Inode, length: number): number =>
  INODE_CREDITS + groupCredits(inode, length) + treeCredits(inode);
