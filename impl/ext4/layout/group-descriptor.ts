import { join, highHalf, lowHalf, struct, u16, u32, type Overlay } from '../../lib/struct.ts';

/** bg_flags. */
export const EXT4_BG_INODE_UNINIT = 1;
export const EXT4_BG_BLOCK_UNINIT = 2;
export const EXT4_BG_INODE_ZEROED = 4;

/** Bytes of a descriptor without the feature 64bit, and the least with it. */
export const EXT4_MIN_DESC_SIZE = 32;
export const EXT4_MIN_DESC_SIZE_64BIT = 64;

/** struct ext4_group_desc (fs/ext4/ext4.h); only the first 32 bytes are there without the feature 64bit. */
export const GroupDescriptorLayout = struct('ext4_group_desc', 'little', 64, {
  blockBitmapLo: u32(0x0),
  inodeBitmapLo: u32(0x4),
  inodeTableLo: u32(0x8),
  freeBlocksCountLo: u16(0xc),
  freeInodesCountLo: u16(0xe),
  usedDirsCountLo: u16(0x10),
  flags: u16(0x12),
  excludeBitmapLo: u32(0x14),
  blockBitmapCsumLo: u16(0x18),
  inodeBitmapCsumLo: u16(0x1a),
  itableUnusedLo: u16(0x1c),
  checksum: u16(0x1e),
  blockBitmapHi: u32(0x20),
  inodeBitmapHi: u32(0x24),
  inodeTableHi: u32(0x28),
  freeBlocksCountHi: u16(0x2c),
  freeInodesCountHi: u16(0x2e),
  usedDirsCountHi: u16(0x30),
  itableUnusedHi: u16(0x32),
  excludeBitmapHi: u32(0x34),
  blockBitmapCsumHi: u16(0x38),
  inodeBitmapCsumHi: u16(0x3a),
  reserved: u32(0x3c),
});

export type RawGroupDescriptor = Overlay<typeof GroupDescriptorLayout.fields>;

/** Byte offset of bg_checksum, which its own checksum leaves out. */
export const BG_CHECKSUM_OFFSET = GroupDescriptorLayout.fields.checksum.offset;

/** The high halves exist only in descriptors of 64 bytes and more. */
const isWide = (descriptorSize: number): boolean => descriptorSize >= EXT4_MIN_DESC_SIZE_64BIT;

/** First block of the block bitmap (ext4_block_bitmap). */
export const blockBitmap = (raw: RawGroupDescriptor, descriptorSize: number): number =>
  join(isWide(descriptorSize) ? raw.blockBitmapHi : 0, raw.blockBitmapLo);

export const inodeBitmap = (raw: RawGroupDescriptor, descriptorSize: number): number =>
  join(isWide(descriptorSize) ? raw.inodeBitmapHi : 0, raw.inodeBitmapLo);

/** First block of the inode table (ext4_inode_table). */
export const inodeTable = (raw: RawGroupDescriptor, descriptorSize: number): number =>
  join(isWide(descriptorSize) ? raw.inodeTableHi : 0, raw.inodeTableLo);

/** Joins two 16-bit halves. */
const join16 = (high: number, low: number): number => high * 2 ** 16 + low;

export const freeBlocks = (raw: RawGroupDescriptor, descriptorSize: number): number =>
  join16(isWide(descriptorSize) ? raw.freeBlocksCountHi : 0, raw.freeBlocksCountLo);

export const freeInodes = (raw: RawGroupDescriptor, descriptorSize: number): number =>
  join16(isWide(descriptorSize) ? raw.freeInodesCountHi : 0, raw.freeInodesCountLo);

export const usedDirectories = (raw: RawGroupDescriptor, descriptorSize: number): number =>
  join16(isWide(descriptorSize) ? raw.usedDirsCountHi : 0, raw.usedDirsCountLo);

/** Inodes at the end of the table that were never used (bg_itable_unused). */
export const unusedInodes = (raw: RawGroupDescriptor, descriptorSize: number): number =>
  join16(isWide(descriptorSize) ? raw.itableUnusedHi : 0, raw.itableUnusedLo);

export function setBlockBitmap(raw: RawGroupDescriptor, descriptorSize: number, block: number): void {
  raw.blockBitmapLo = lowHalf(block);
  if (isWide(descriptorSize)) raw.blockBitmapHi = highHalf(block);
}

export function setInodeBitmap(raw: RawGroupDescriptor, descriptorSize: number, block: number): void {
  raw.inodeBitmapLo = lowHalf(block);
  if (isWide(descriptorSize)) raw.inodeBitmapHi = highHalf(block);
}

export function setInodeTable(raw: RawGroupDescriptor, descriptorSize: number, block: number): void {
  raw.inodeTableLo = lowHalf(block);
  if (isWide(descriptorSize)) raw.inodeTableHi = highHalf(block);
}

export function setFreeBlocks(raw: RawGroupDescriptor, descriptorSize: number, count: number): void {
  raw.freeBlocksCountLo = count & 0xffff;
  if (isWide(descriptorSize)) raw.freeBlocksCountHi = count >>> 16;
}

export function setFreeInodes(raw: RawGroupDescriptor, descriptorSize: number, count: number): void {
  raw.freeInodesCountLo = count & 0xffff;
  if (isWide(descriptorSize)) raw.freeInodesCountHi = count >>> 16;
}

export function setUsedDirectories(raw: RawGroupDescriptor, descriptorSize: number, count: number): void {
  raw.usedDirsCountLo = count & 0xffff;
  if (isWide(descriptorSize)) raw.usedDirsCountHi = count >>> 16;
}

export function setUnusedInodes(raw: RawGroupDescriptor, descriptorSize: number, count: number): void {
  raw.itableUnusedLo = count & 0xffff;
  if (isWide(descriptorSize)) raw.itableUnusedHi = count >>> 16;
}
