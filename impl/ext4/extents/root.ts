import type { Inode } from '../inode/inode.ts';
import { ExtentNode } from './node.ts';

/** Writes an empty extent tree into inode.data (ext4_ext_tree_init). The caller sets EXT4_EXTENTS_FL and marks it dirty. */
export function initExtentTree(inode: Pick<Inode, 'data' | 'dataView'>): void {
  inode.data.fill(0);
  new ExtentNode(inode.dataView, null).format(0);
}
