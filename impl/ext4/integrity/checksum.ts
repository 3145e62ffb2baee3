import { crc32c, crc32cU32 } from '../../lib/crc32c.ts';
import { highHalf, lowHalf } from '../../lib/struct.ts';
import { DxEntryLayout, DxTailLayout } from '../layout/directory-index.ts';
import { DirectoryTailLayout } from '../layout/directory.ts';
import { extentTailOffset } from '../layout/extent.ts';
import {
  BG_CHECKSUM_OFFSET,
  EXT4_MIN_DESC_SIZE_64BIT,
  type RawGroupDescriptor,
} from '../layout/group-descriptor.ts';
import { EXT4_GOOD_OLD_INODE_SIZE, InodeLayout, type RawInode } from '../layout/inode.ts';
import { MmpLayout } from '../layout/mmp.ts';
import { OrphanBlockTailLayout } from '../layout/orphan-block.ts';
import { SuperBlockLayout } from '../layout/superblock.ts';
import { XattrHeaderLayout } from '../layout/xattr.ts';

/**
 * metadata_csum: what each structure's checksum covers (Documentation/filesystems/ext4/checksums.rst). Every one starts
 * from a register, never inverts at the end, and leaves its own field out.
 */
const ALL_ONES = 0xffffffff;

const DX_ENTRY_BYTES = DxEntryLayout.size;

/** Register that everything but the superblock starts from when the feature metadata_csum_seed is off. */
export const seedFromUuid = (uuid: Uint8Array): number => crc32c(ALL_ONES, uuid);

/** s_checksum: the 1020 bytes before it (ext4_superblock_csum). */
export const superBlockChecksum = (data: Uint8Array): number =>
  crc32c(ALL_ONES, data.subarray(0, SuperBlockLayout.fields.checksum.offset));

const ZERO = new Uint8Array(4);

/** bg_checksum, 16 bits: group number, then the descriptor with its own field as zero (ext4_group_desc_csum). */
export function groupDescriptorChecksum(seed: number, group: number, descriptor: Uint8Array): number {
  let crc = crc32cU32(seed, group);
  crc = crc32c(crc, descriptor.subarray(0, BG_CHECKSUM_OFFSET));
  crc = crc32c(crc, ZERO.subarray(0, 2));
  return crc32c(crc, descriptor.subarray(BG_CHECKSUM_OFFSET + 2)) & 0xffff;
}

/** Of a bitmap: the bytes that have a bit for a block or inode of the group, without the padding of the block. */
export const bitmapChecksum = (seed: number, data: Uint8Array, bits: number): number =>
  crc32c(seed, data.subarray(0, Math.floor(bits / 8)));

/** A descriptor of 32 bytes keeps only the low half of a bitmap's checksum. */
export function blockBitmapChecksumMatches(
  raw: RawGroupDescriptor,
  descriptorSize: number,
  crc: number,
): boolean {
  if (raw.blockBitmapCsumLo !== (crc & 0xffff)) return false;
  return descriptorSize < EXT4_MIN_DESC_SIZE_64BIT || raw.blockBitmapCsumHi === crc >>> 16;
}

export function setBlockBitmapChecksum(raw: RawGroupDescriptor, descriptorSize: number, crc: number): void {
  raw.blockBitmapCsumLo = crc & 0xffff;
  if (descriptorSize >= EXT4_MIN_DESC_SIZE_64BIT) raw.blockBitmapCsumHi = crc >>> 16;
}

export function inodeBitmapChecksumMatches(
  raw: RawGroupDescriptor,
  descriptorSize: number,
  crc: number,
): boolean {
  if (raw.inodeBitmapCsumLo !== (crc & 0xffff)) return false;
  return descriptorSize < EXT4_MIN_DESC_SIZE_64BIT || raw.inodeBitmapCsumHi === crc >>> 16;
}

export function setInodeBitmapChecksum(raw: RawGroupDescriptor, descriptorSize: number, crc: number): void {
  raw.inodeBitmapCsumLo = crc & 0xffff;
  if (descriptorSize >= EXT4_MIN_DESC_SIZE_64BIT) raw.inodeBitmapCsumHi = crc >>> 16;
}

/** Register for everything that belongs to one inode (i_csum_seed): tree blocks, directory blocks, the inode itself. */
export const inodeSeed = (seed: number, ino: number, generation: number): number =>
  crc32cU32(crc32cU32(seed, ino), generation);

const { checksumHi } = InodeLayout.fields;

/** Is there room for i_checksum_hi? (EXT4_FITS_IN_INODE) */
const hasHighHalf = (raw: RawInode, inodeSize: number): boolean =>
  inodeSize > EXT4_GOOD_OLD_INODE_SIZE &&
  EXT4_GOOD_OLD_INODE_SIZE + raw.extraIsize >= checksumHi.offset + checksumHi.width;

/** Over the whole inode, both halves of the checksum counting as zero (ext4_inode_csum). Leaves them zero. */
function computeInodeChecksum(own: number, raw: RawInode, inodeSize: number, high: boolean): number {
  raw.checksumLo = 0;
  if (high) raw.checksumHi = 0;
  const { buffer, byteOffset } = raw.view;
  return crc32c(own, new Uint8Array(buffer, byteOffset + raw.base, inodeSize));
}

/** Stores i_checksum (ext4_inode_csum_set); `own` is the inode's seed. */
export function setInodeChecksum(own: number, raw: RawInode, inodeSize: number): void {
  const high = hasHighHalf(raw, inodeSize);
  const crc = computeInodeChecksum(own, raw, inodeSize, high);
  raw.checksumLo = crc & 0xffff;
  if (high) raw.checksumHi = crc >>> 16;
}

/** Does i_checksum hold (ext4_inode_csum_verify)? An inode without the high half is compared in the low half only. */
export function inodeChecksumMatches(own: number, raw: RawInode, inodeSize: number): boolean {
  const high = hasHighHalf(raw, inodeSize);
  const low = raw.checksumLo;
  const upper = high ? raw.checksumHi : 0;
  const crc = computeInodeChecksum(own, raw, inodeSize, high);
  raw.checksumLo = low;
  if (high) raw.checksumHi = upper;
  return low === (crc & 0xffff) && (!high || upper === crc >>> 16);
}

/** et_checksum of a block of an extent tree: all bytes before the tail (ext4_extent_block_csum). */
export const extentBlockChecksum = (inodeSeed: number, data: Uint8Array, max: number): number =>
  crc32c(inodeSeed, data.subarray(0, extentTailOffset(max)));

/** det_checksum of a directory's leaf block: all bytes before the tail (ext4_dirblock_csum). */
export const directoryLeafChecksum = (inodeSeed: number, data: Uint8Array): number =>
  crc32c(inodeSeed, data.subarray(0, data.length - DirectoryTailLayout.size));

/**
 * dt_checksum of an index block (ext4_dx_csum): the block up to the last entry in use, then the tail with its own field
 * as zero. `countOffset` is DX_ROOT_COUNT_OFFSET or DX_NODE_COUNT_OFFSET; the caller has checked limit and count.
 */
export function directoryIndexChecksum(
  inodeSeed: number,
  data: Uint8Array,
  countOffset: number,
  limit: number,
  count: number,
): number {
  const tail = countOffset + limit * DX_ENTRY_BYTES;
  let crc = crc32c(inodeSeed, data.subarray(0, countOffset + count * DX_ENTRY_BYTES));
  crc = crc32c(crc, data.subarray(tail, tail + DxTailLayout.fields.checksum.offset));
  return crc32c(crc, ZERO);
}

const { offset: XATTR_CHECKSUM_AT, width: XATTR_CHECKSUM_BYTES } = XattrHeaderLayout.fields.checksum;

/** h_checksum of a block of extended attributes: the block's number, then the block with the field as zero. */
export function xattrBlockChecksum(seed: number, block: number, data: Uint8Array): number {
  let crc = crc32cU32(crc32cU32(seed, lowHalf(block)), highHalf(block));
  crc = crc32c(crc, data.subarray(0, XATTR_CHECKSUM_AT));
  crc = crc32c(crc, ZERO);
  return crc32c(crc, data.subarray(XATTR_CHECKSUM_AT + XATTR_CHECKSUM_BYTES));
}

/** ob_checksum of a block of the orphan file: its block number on the device, then its entries. */
export function orphanBlockChecksum(inodeSeed: number, block: number, data: Uint8Array): number {
  const crc = crc32cU32(crc32cU32(inodeSeed, lowHalf(block)), highHalf(block));
  return crc32c(crc, data.subarray(0, data.length - OrphanBlockTailLayout.size));
}

/** mmp_checksum: the block up to it (ext4_mmp_csum). */
export const mmpChecksum = (seed: number, data: Uint8Array): number =>
  crc32c(seed, data.subarray(0, MmpLayout.fields.checksum.offset));
