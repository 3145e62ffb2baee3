import { inodeGoal } from '../allocation/inode-goal.ts';
import type { Inode } from '../inode/inode.ts';
import { leafOf, type Path } from './path.ts';

/**
 * Where blocks for `logical` should go (ext4_ext_find_goal): where they would be if the nearest extent went on, so that a
 * file written out of order still ends up in one piece; else in the inode's group.
 */
export function placementGoal(inode: Inode, path: Path, logical: number): number {
  const { node, slot } = leafOf(path);
  if (node.count === 0) return inodeGoal(inode);
  const near = node.extent(Math.max(0, slot));
  return clamp(inode, near.physical + logical - near.logical);
}

/** The group of that block, for a block of the tree: the block itself is the best place for data to come. */
export function treeBlockGoal(inode: Inode, path: Path, logical: number): number {
  const { firstDataBlock, blocksPerGroup } = inode.sb.geometry;
  const goal = placementGoal(inode, path, logical);
  return goal - ((goal - firstDataBlock) % blocksPerGroup);
}

function clamp(inode: Inode, block: number): number {
  const { firstDataBlock, blocks } = inode.sb.geometry;
  return block > firstDataBlock && block < blocks ? block : inodeGoal(inode);
}
