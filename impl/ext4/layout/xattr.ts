import { struct, u16, u32, u8, type Overlay } from '../../lib/struct.ts';

/** h_magic of both headers (fs/ext4/xattr.h). */
export const EXT4_XATTR_MAGIC = 0xea020000;

/** How many inodes may share one block. */
export const EXT4_XATTR_REFCOUNT_MAX = 1024;

/** Bytes of the largest value that the format allows; a system call stops at XATTR_SIZE_MAX. */
export const EXT4_XATTR_SIZE_MAX = 1 << 24;

/** struct ext4_xattr_header: begins a block of attributes. */
export const XattrHeaderLayout = struct('ext4_xattr_header', 'little', 32, {
  magic: u32(0x0),
  refcount: u32(0x4),
  blocks: u32(0x8),
  hash: u32(0xc),
  checksum: u32(0x10),
});

/** struct ext4_xattr_ibody_header: begins the attributes in the tail of an inode. */
export const XattrInodeHeaderLayout = struct('ext4_xattr_ibody_header', 'little', 4, { magic: u32(0x0) });

/** struct ext4_xattr_entry without its name. Four zero bytes end a list of them. */
export const XattrEntryLayout = struct('ext4_xattr_entry', 'little', 16, {
  nameLength: u8(0x0),
  nameIndex: u8(0x1),
  valueOffset: u16(0x2),
  valueInode: u32(0x4),
  valueSize: u32(0x8),
  hash: u32(0xc),
});

export type RawXattrHeader = Overlay<typeof XattrHeaderLayout.fields>;
export type RawXattrEntry = Overlay<typeof XattrEntryLayout.fields>;

/** Bytes of the zeros that end the list of entries. */
export const XATTR_LIST_END_BYTES = 4;

/** Bytes of an entry with a name of `nameLength` bytes, a multiple of 4 (EXT4_XATTR_LEN). */
export const xattrEntryBytes = (nameLength: number): number => (XattrEntryLayout.size + nameLength + 3) & ~3;

/** Bytes that a value takes (EXT4_XATTR_SIZE). */
export const xattrValueBytes = (size: number): number => Math.ceil(size / 4) * 4;

/** e_name_index: what stands for the first part of a name (EXT4_XATTR_INDEX_*). */
export const XATTR_INDEX = {
  user: 1,
  aclAccess: 2,
  aclDefault: 3,
  trusted: 4,
  security: 6,
  system: 7,
  hurd: 8,
} as const;
