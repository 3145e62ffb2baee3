import { isDirectory, type Inode } from '../inode/inode.ts';
import { RO_COMPAT } from '../super/features.ts';

/** EXT4_LINK_MAX */
export const LINKS_MAX = 65_000;

/** With dir_nlink a directory may have more subdirectories than its link count can say; the count then is 1. */
const countsMayOverflow = (dir: Inode): boolean => (dir.sb.features.roCompat & RO_COMPAT.dir_nlink) !== 0;

/** No room for one more subdirectory (EXT4_DIR_LINK_MAX, which also wants an index; ours has none that grows). */
export const isFullOfDirectories = (dir: Inode): boolean => dir.links >= LINKS_MAX && !countsMayOverflow(dir);

/** One more subdirectory (ext4_inc_count): past the limit, and ever after, the count is 1. */
export function addSubdirectoryLink(dir: Inode): void {
  if (dir.links === 1) return;
  dir.links = dir.links + 1 > LINKS_MAX ? 1 : dir.links + 1;
}

/** One link less; a directory whose count overflowed keeps its 1, and no living directory gets below 2 (ext4_dec_count). */
export function removeLink(inode: Inode): void {
  if (!isDirectory(inode.mode) || inode.links > 2) inode.links--;
}
