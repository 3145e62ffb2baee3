import { isIndexed } from '../directory/index-block.ts';
import { isDirectory, type Inode } from '../inode/inode.ts';
import { RO_COMPAT } from '../super/features.ts';

/** EXT4_LINK_MAX */
export const LINKS_MAX = 65_000;

/**
 * With dir_nlink a directory may have more subdirectories than its link count can say; the count then is 1. Only with an
 * index, because without one it would be slow beyond use.
 */
const countMayOverflow = (dir: Inode): boolean =>
  (dir.sb.features.roCompat & RO_COMPAT.dir_nlink) !== 0 && isIndexed(dir);

/** No room for one more subdirectory (EXT4_DIR_LINK_MAX). */
export const isFullOfDirectories = (dir: Inode): boolean => dir.links >= LINKS_MAX && !countMayOverflow(dir);

/**
 * One more subdirectory (ext4_inc_count): past the limit, and ever after, the count is 1. The kernel counts again from 2 in
 * a directory that has lost its index since; here the count that cannot be right stays 1.
 */
export function addSubdirectoryLink(dir: Inode): void {
  if (dir.links === 1) return;
  dir.links = dir.links + 1 > LINKS_MAX ? 1 : dir.links + 1;
}

/** One link less; a directory whose count overflowed keeps its 1, and no living directory gets below 2 (ext4_dec_count). */
export function removeLink(inode: Inode): void {
  if (!isDirectory(inode.mode) || inode.links > 2) inode.links--;
}
