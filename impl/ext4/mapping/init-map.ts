import { initExtentTree } from '../extents/root.ts';
import { EXT4_EXTENTS_FL, type Inode } from '../inode/inode.ts';
import { INCOMPAT } from '../super/features.ts';

/** i_block of a new inode that maps nothing: of the newest kind that the file system allows (__ext4_new_inode). */
export function initBlockMap(inode: Inode): void {
  if ((inode.sb.features.incompat & INCOMPAT.extent) === 0) {
    inode.data.fill(0);
    return;
  }
  inode.flags |= EXT4_EXTENTS_FL;
  initExtentTree(inode);
}
