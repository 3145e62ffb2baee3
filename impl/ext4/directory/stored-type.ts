import { EXT4_FT_UNKNOWN } from '../layout/directory.ts';
import type { Inode } from '../inode/inode.ts';
import { INCOMPAT } from '../super/features.ts';

/** The type that an entry of the directory carries for an inode of this type: none without the feature filetype (ext4_set_de_type). */
export const storedType = (dir: Inode, fileType: number): number =>
  (dir.sb.features.incompat & INCOMPAT.filetype) === 0 ? EXT4_FT_UNKNOWN : fileType;
