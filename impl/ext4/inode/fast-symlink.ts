import { hasValueInodes } from '../xattr/credits.ts';
import { I_BLOCK_BYTES, isSymlink, type Inode } from './inode.ts';

/** Bytes of the longest target that fits into i_block with its final NUL. */
export const FAST_BYTES_MAX = I_BLOCK_BYTES - 1;

/**
 * Does i_block hold the target (ext4_inode_is_fast_symlink)? The symlink has no blocks then but perhaps one for extended
 * attributes. Where i_blocks counts large attributes, too, the size tells.
 */
export function isFastSymlink(inode: Inode): boolean {
  if (!isSymlink(inode.mode)) return false;
  if (hasValueInodes(inode.sb)) return inode.size > 0 && inode.size <= FAST_BYTES_MAX;
  const xattrSectors = inode.xattrBlock === 0 ? 0 : inode.clusterSectors;
  return inode.sectors === xattrSectors;
}
