import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { INCOMPAT } from '../super/features.ts';
import type { SuperBlock } from '../super/super-block.ts';
import { blockArea, readXattrBlock } from './block.ts';

/** May values live in inodes of their own (the feature ea_inode)? */
export const hasValueInodes = (sb: SuperBlock): boolean => (sb.features.incompat & INCOMPAT.ea_inode) !== 0;

/**
 * The inode, its old block, a new block with bitmap and descriptor, bitmap and descriptor of the old one, and the
 * superblock when this is the first attribute of all.
 */
const SET_CREDITS = 8;

/** An inode for a value: itself, its bitmap and descriptor, the orphans. */
const VALUE_INODE_CREDITS = 4;

/** One value inode's count, and its place among the orphans. */
export const COUNT_CREDITS = 3;

/**
 * Credits to give an attribute of a new inode a value of `length` bytes (__ext4_xattr_set_credits). The value that it had
 * before is freed under handles of its own, which the kernel's figure includes.
 */
export function newXattrCredits(sb: SuperBlock, length: number): number {
  if (!hasValueInodes(sb)) return SET_CREDITS;
  // One more for the tree, and for each block a bitmap and a descriptor.
  const blocks = Math.ceil(length / sb.geometry.blockSize) + 1;
  return SET_CREDITS + VALUE_INODE_CREDITS + COUNT_CREDITS + 3 * blocks;
}

/** The same for any inode: a block that others share is copied, and its value inodes gain a reference each. */
export function* xattrCredits(inode: Inode, length: number): Sleepable<number> {
  const { sb } = inode;
  let credits = newXattrCredits(sb, length);
  if (!hasValueInodes(sb) || inode.xattrBlock === 0) return credits;
  for (const { valueInode } of blockArea(yield* readXattrBlock(inode)).entries()) {
    if (valueInode !== 0) credits += COUNT_CREDITS;
  }
  return credits;
}
