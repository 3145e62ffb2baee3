import {
  EXT4_APPEND_FL,
  EXT4_CASEFOLD_FL,
  EXT4_DIRSYNC_FL,
  EXT4_ENCRYPT_FL,
  EXT4_EXTENTS_FL,
  EXT4_IMMUTABLE_FL,
  EXT4_INDEX_FL,
  EXT4_INLINE_DATA_FL,
  EXT4_JOURNAL_DATA_FL,
  EXT4_NOATIME_FL,
  EXT4_PROJINHERIT_FL,
  EXT4_SYNC_FL,
  isDirectory,
  isRegular,
} from './inode.ts';

/** The flags of i_flags that users see and change (FS_IOC_GETFLAGS, FS_IOC_SETFLAGS; fs/ext4/ext4.h). */

const EXT4_SECRM_FL = 0x1;
const EXT4_UNRM_FL = 0x2;
const EXT4_COMPR_FL = 0x4;
export const EXT4_NODUMP_FL = 0x40;
const EXT4_DIRTY_FL = 0x100;
const EXT4_COMPRBLK_FL = 0x200;
const EXT4_NOCOMPR_FL = 0x400;
const EXT4_NOTAIL_FL = 0x8000;
export const EXT4_TOPDIR_FL = 0x20000;
const EXT4_VERITY_FL = 0x100000;
const EXT4_EOFBLOCKS_FL = 0x400000;
export const EXT4_DAX_FL = 0x2000000;

/** EXT4_FL_USER_MODIFIABLE */
export const USER_MODIFIABLE =
  EXT4_SECRM_FL |
  EXT4_UNRM_FL |
  EXT4_COMPR_FL |
  EXT4_SYNC_FL |
  EXT4_IMMUTABLE_FL |
  EXT4_APPEND_FL |
  EXT4_NODUMP_FL |
  EXT4_NOATIME_FL |
  EXT4_JOURNAL_DATA_FL |
  EXT4_NOTAIL_FL |
  EXT4_DIRSYNC_FL |
  EXT4_TOPDIR_FL |
  EXT4_EXTENTS_FL |
  EXT4_EOFBLOCKS_FL |
  EXT4_DAX_FL |
  EXT4_PROJINHERIT_FL |
  EXT4_CASEFOLD_FL;

/** EXT4_FL_USER_VISIBLE */
export const USER_VISIBLE =
  USER_MODIFIABLE |
  EXT4_DIRTY_FL |
  EXT4_COMPRBLK_FL |
  EXT4_NOCOMPR_FL |
  EXT4_ENCRYPT_FL |
  EXT4_INDEX_FL |
  EXT4_VERITY_FL |
  EXT4_INLINE_DATA_FL;

/** EXT4_FL_INHERITED */
const INHERITED =
  EXT4_SECRM_FL |
  EXT4_UNRM_FL |
  EXT4_COMPR_FL |
  EXT4_SYNC_FL |
  EXT4_NODUMP_FL |
  EXT4_NOATIME_FL |
  EXT4_NOCOMPR_FL |
  EXT4_JOURNAL_DATA_FL |
  EXT4_NOTAIL_FL |
  EXT4_DIRSYNC_FL |
  EXT4_PROJINHERIT_FL |
  EXT4_CASEFOLD_FL |
  EXT4_DAX_FL;

/** What only directories may have (the complement of EXT4_REG_FLMASK). */
const ONLY_DIRECTORIES = EXT4_DIRSYNC_FL | EXT4_TOPDIR_FL | EXT4_CASEFOLD_FL | EXT4_PROJINHERIT_FL;

/** All that links, pipes, sockets and devices may have (EXT4_OTHER_FLMASK). */
const OTHERS = EXT4_NODUMP_FL | EXT4_NOATIME_FL;

/** The flags among `flags` that make sense for an inode of this mode (ext4_mask_flags). */
export function maskFlags(mode: number, flags: number): number {
  if (isDirectory(mode)) return flags;
  return isRegular(mode) ? flags & ~ONLY_DIRECTORIES : flags & OTHERS;
}

/** The flags that a new inode of this mode has from its directory. */
export const inheritedFlags = (mode: number, directoryFlags: number): number =>
  maskFlags(mode, directoryFlags & INHERITED);
