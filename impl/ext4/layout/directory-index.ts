import { struct, u16, u32, u8, type Overlay } from '../../lib/struct.ts';

/** Byte offset of dx_root_info in block 0 of an indexed directory: after the entries for . and .. */
export const DX_ROOT_INFO_OFFSET = 0x18;

/** Byte offset of dx_countlimit in the root (dx_root_info follows . and ..) and in an inner node (one fake entry). */
export const DX_ROOT_COUNT_OFFSET = 0x20;
export const DX_NODE_COUNT_OFFSET = 0x8;

/** dx_root_info.hash_version (fs/ext4/ext4.h). */
export const DX_HASH_LEGACY = 0;
export const DX_HASH_HALF_MD4 = 1;
export const DX_HASH_TEA = 2;

/** The same with bytes that have no sign. An index never says so: the superblock's s_flags do. */
export const DX_HASH_LEGACY_UNSIGNED = 3;
export const DX_HASH_HALF_MD4_UNSIGNED = 4;
export const DX_HASH_TEA_UNSIGNED = 5;

/** Half the hash that no name has, because it marks the end of a directory (EXT4_HTREE_EOF_32BIT). */
export const EXT4_HTREE_EOF_32BIT = 0x7fffffff;

/** Levels of an index, the root's included, without and with the feature large_dir. */
export const EXT4_HTREE_LEVEL_COMPAT = 2;
export const EXT4_HTREE_LEVEL = 3;

/** dx_entry.block: the bits that number a block; the kernel keeps the upper four for later. */
export const DX_BLOCK_MASK = 0x0fffffff;

/** dx_root_info.unused_flags: an index with this one is not for us. */
export const DX_FLAG_UNKNOWN = 1;

/** struct dx_root_info (fs/ext4/namei.c). */
export const DxRootInfoLayout = struct('dx_root_info', 'little', 8, {
  reservedZero: u32(0x0),
  hashVersion: u8(0x4),
  infoLength: u8(0x5),
  indirectLevels: u8(0x6),
  unusedFlags: u8(0x7),
});

/** struct dx_countlimit: lies over the hash of the first dx_entry. */
export const DxCountLimitLayout = struct('dx_countlimit', 'little', 4, {
  limit: u16(0x0),
  count: u16(0x2),
});

/** struct dx_entry. */
export const DxEntryLayout = struct('dx_entry', 'little', 8, {
  hash: u32(0x0),
  block: u32(0x4),
});

/** struct dx_tail: after the last possible dx_entry, with metadata_csum. */
export const DxTailLayout = struct('dx_tail', 'little', 8, {
  reserved: u32(0x0),
  checksum: u32(0x4),
});

export type RawDxRootInfo = Overlay<typeof DxRootInfoLayout.fields>;
export type RawDxCountLimit = Overlay<typeof DxCountLimitLayout.fields>;
export type RawDxEntry = Overlay<typeof DxEntryLayout.fields>;
export type RawDxTail = Overlay<typeof DxTailLayout.fields>;
