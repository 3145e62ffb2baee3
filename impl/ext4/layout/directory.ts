import { struct, u16, u32, u8, type Overlay } from '../../lib/struct.ts';

/** Bytes of the longest name. */
export const EXT4_NAME_LEN = 255;

/** file_type of a directory entry (the feature filetype). */
export const EXT4_FT_UNKNOWN = 0;
export const EXT4_FT_REG_FILE = 1;
export const EXT4_FT_DIR = 2;
export const EXT4_FT_CHRDEV = 3;
export const EXT4_FT_BLKDEV = 4;
export const EXT4_FT_FIFO = 5;
export const EXT4_FT_SOCK = 6;
export const EXT4_FT_SYMLINK = 7;
/** Marks the tail that looks like an entry. */
export const EXT4_FT_DIR_CSUM = 0xde;

/** struct ext4_dir_entry_2 without its name (fs/ext4/ext4.h). */
export const DirectoryEntryLayout = struct('ext4_dir_entry_2', 'little', 8, {
  inode: u32(0x0),
  recLen: u16(0x4),
  nameLen: u8(0x6),
  fileType: u8(0x7),
});

/** struct ext4_dir_entry_tail: the last 12 bytes of a leaf block, with metadata_csum. */
export const DirectoryTailLayout = struct('ext4_dir_entry_tail', 'little', 12, {
  reservedZero1: u32(0x0),
  recLen: u16(0x4),
  reservedZero2: u8(0x6),
  reservedFt: u8(0x7),
  checksum: u32(0x8),
});

export type RawDirectoryEntry = Overlay<typeof DirectoryEntryLayout.fields>;
export type RawDirectoryTail = Overlay<typeof DirectoryTailLayout.fields>;

/** Bytes of an entry with a name of `nameLength` bytes, a multiple of 4 (ext4_dir_rec_len). */
export const entryBytes = (nameLength: number): number => (DirectoryEntryLayout.size + nameLength + 3) & ~3;
