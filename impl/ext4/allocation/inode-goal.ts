import { isRegular, type Inode } from '../inode/inode.ts';

/** From this many groups in a flex group on, the first of them is left to directories. */
export const EXT4_FLEX_SIZE_DIR_ALLOC_SCHEME = 4;

/** The first block of the group where a file without blocks starts (ext4_inode_to_goal_block), without the colour that spreads processes. */
export function inodeGoal(inode: Inode): number {
  const { geometry } = inode.sb;
  const { groupsPerFlex } = geometry;
  let group = Math.floor((inode.ino - 1) / geometry.inodesPerGroup);
  if (groupsPerFlex >= EXT4_FLEX_SIZE_DIR_ALLOC_SCHEME) {
    group -= group % groupsPerFlex;
    if (isRegular(inode.mode) && group + 1 < geometry.groups) group++;
  }
  return geometry.firstDataBlock + group * geometry.blocksPerGroup;
}
