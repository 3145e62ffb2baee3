/**
 * How many metadata blocks an operation may change at most, as the kernel reckons (fs/ext4/ext4_jbd2.h). The numbers are
 * generous, and a handle gives back what it did not use.
 */

/** EXT4_SINGLEDATA_TRANS_BLOCKS with extents, and EXT4_XATTR_TRANS_BLOCKS without the inode and superblock of both. */
const DATA_TRANS_BLOCKS = 20 + 6 - 2;

/** EXT4_INDEX_EXTRA_TRANS_BLOCKS: blocks of a directory's index that one new name may change. */
const INDEX_EXTRA_TRANS_BLOCKS = 12;

/** A new inode with its name: the name, and the inode's bitmap, descriptor and table block. */
export const CREATE_CREDITS = DATA_TRANS_BLOCKS + INDEX_EXTRA_TRANS_BLOCKS + 3;

/** A new inode without a name: bitmap, descriptor, table block, orphan block or superblock, and room for its attributes. */
export const TMPFILE_CREDITS = 4 + 6;

/** One more name for an inode, and for an unnamed one the way off the orphans. */
export const LINK_CREDITS = DATA_TRANS_BLOCKS + INDEX_EXTRA_TRANS_BLOCKS + 1;

/** EXT4_DELETE_TRANS_BLOCKS without the data's share: the last reference frees the contents under handles of its own. */
export const DELETE_CREDITS = 2 * DATA_TRANS_BLOCKS;

/** Two directories, the moved inode, its entry for .., and the inode that it replaces. */
export const RENAME_CREDITS = 2 * DATA_TRANS_BLOCKS + INDEX_EXTRA_TRANS_BLOCKS + 2;

/** The new inode that a rename leaves behind (ext4_whiteout_for_rename). */
export const WHITEOUT_CREDITS = 4 + 6;

/** Two directories, two inodes, and their entries for .. */
export const EXCHANGE_CREDITS = 2 * DATA_TRANS_BLOCKS + 2 * INDEX_EXTRA_TRANS_BLOCKS + 2;
