import { isRegular, type Inode } from '../inode/inode.ts';
import { leafOf, type Path } from './path.ts';

/** From this many groups in a flex group on, files and directories start in different groups of it. */
const EXT4_FLEX_SIZE_DIR_ALLOC_SCHEME = 4;

/**
 * Where blocks for `logical` should go (ext4_ext_find_goal): where they would be if the nearest extent went on, so that a
 * file written out of order still ends up in one piece; else behind the last allocation; else in the inode's group.
 */
export function placementGoal(inode: Inode, path: Path, logical: number): number {
  const { node, slot } = leafOf(path);
  if (node.depth === 0 && node.count > 0) {
    const near = node.extent(Math.max(0, slot));
    return clamp(inode, near.physical + logical - near.logical);
  }
  return inode.allocationGoal > 0 ? clamp(inode, inode.allocationGoal) : groupGoal(inode);
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
