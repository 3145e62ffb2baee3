import { isRegular, type Inode } from '../inode/inode.ts';
import { leafOf, type Path } from './path.ts';

/** From this many groups in a flex group on, files and directories start in different groups of it. */
const EXT4_FLEX_SIZE_DIR_ALLOC_SCHEME = 4;

/**
 * Where blocks for `logical` should go (ext4_ext_find_goal): where they would be if the nearest extent went on, so that a
 * file written out of order still ends up in one piece; else in the inode's group.
 */
export function placementGoal(inode: Inode, path: Path, logical: number): number {
  const { node, slot } = leafOf(path);
  if (node.count === 0) return groupGoal(inode);
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
  return block > firstDataBlock && block < blocks ? block : groupGoal(inode);
}

/** ext4_inode_to_goal_block, without the colour that spreads processes. */
function groupGoal(inode: Inode): number {
  const { geometry, raw } = inode.sb;
  let group = Math.floor((inode.ino - 1) / geometry.inodesPerGroup);
  const flexSize = 2 ** raw.logGroupsPerFlex;
  if (flexSize >= EXT4_FLEX_SIZE_DIR_ALLOC_SCHEME) {
    group -= group % flexSize;
    if (isRegular(inode.mode) && group + 1 < geometry.groups) group++;
  }
  return geometry.firstDataBlock + group * geometry.blocksPerGroup;
}
