import { join, struct, u16, u32, type Overlay } from '../../lib/struct.ts';

export const EXT4_EXT_MAGIC = 0xf30a;

/** Levels below the root that the kernel accepts (EXT4_MAX_EXTENT_DEPTH). */
export const EXT4_MAX_EXTENT_DEPTH = 5;

/** The longest written extent, blocks; ee_len above it means unwritten, of ee_len - EXT_INIT_MAX_LEN blocks. */
export const EXT_INIT_MAX_LEN = 0x8000;
export const EXT_UNWRITTEN_MAX_LEN = EXT_INIT_MAX_LEN - 1;

/** struct ext4_extent_header (fs/ext4/ext4_extents.h): starts i_block and every block of the tree. */
export const ExtentHeaderLayout = struct('ext4_extent_header', 'little', 12, {
  magic: u16(0x0),
  entries: u16(0x2),
  max: u16(0x4),
  depth: u16(0x6),
  generation: u32(0x8),
});

/** struct ext4_extent: a leaf's entry. */
export const ExtentLayout = struct('ext4_extent', 'little', 12, {
  block: u32(0x0),
  len: u16(0x4),
  startHi: u16(0x6),
  startLo: u32(0x8),
});

/** struct ext4_extent_idx: an inner node's entry. */
export const ExtentIndexLayout = struct('ext4_extent_idx', 'little', 12, {
  block: u32(0x0),
  leafLo: u32(0x4),
  leafHi: u16(0x8),
  unused: u16(0xa),
});

/** struct ext4_extent_tail: after the last slot of a tree block (not of i_block), with metadata_csum. */
export const ExtentTailLayout = struct('ext4_extent_tail', 'little', 4, {
  checksum: u32(0x0),
});

export type RawExtentHeader = Overlay<typeof ExtentHeaderLayout.fields>;
export type RawExtent = Overlay<typeof ExtentLayout.fields>;
export type RawExtentIndex = Overlay<typeof ExtentIndexLayout.fields>;
export type RawExtentTail = Overlay<typeof ExtentTailLayout.fields>;

/** First block on the device (ext4_ext_pblock). */
export const extentStart = (raw: RawExtent): number => join(raw.startHi, raw.startLo);

/** Block of the child (ext4_idx_pblock). */
export const indexLeaf = (raw: RawExtentIndex): number => join(raw.leafHi, raw.leafLo);

/** Byte offset of the tail in a tree block whose header says `max` (EXT4_EXTENT_TAIL_OFFSET). */
export const extentTailOffset = (max: number): number => ExtentHeaderLayout.size + max * ExtentLayout.size;
