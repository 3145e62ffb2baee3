import type { DiskImage } from './target.ts';

/** What the bitmaps of an ext4 image leave free. */
export interface FreeCount {
  readonly blocks: number;
  readonly inodes: number;
}

const SUPERBLOCK_OFFSET = 1024;
const SUPERBLOCK_BYTES = 1024;
const FEATURE_64BIT = 0x80;
const BG_INODE_UNINIT = 1;
const BG_BLOCK_UNINIT = 2;

/**
 * Counts what is free in the bitmaps of an unmounted image, reading the disk with code of its own
 * (Documentation/filesystems/ext4/{super,group_descr,bitmaps}.rst): whatever impl/ got wrong, this does not repeat it.
 * A group whose bitmap was never written counts as its descriptor says; e2fsck looks after those.
 */
export function countFree(image: DiskImage): FreeCount {
  const superblock = viewOf(image, SUPERBLOCK_OFFSET, SUPERBLOCK_BYTES);
  const blockSize = 1024 << superblock.getUint32(0x18, true);
  const blocks = superblock.getUint32(0x04, true);
  const firstBlock = superblock.getUint32(0x14, true);
  const blocksPerGroup = superblock.getUint32(0x20, true);
  const inodesPerGroup = superblock.getUint32(0x28, true);
  const wide = (superblock.getUint32(0x60, true) & FEATURE_64BIT) !== 0;
  const descriptorBytes = wide ? superblock.getUint16(0xfe, true) : 32;
  const groups = Math.ceil((blocks - firstBlock) / blocksPerGroup);
  const descriptors = viewOf(image, (firstBlock + 1) * blockSize, groups * descriptorBytes);
  const free = { blocks: 0, inodes: 0 };
  for (let group = 0; group < groups; group++) {
    const at = group * descriptorBytes;
    const flags = descriptors.getUint16(at + 0x12, true);
    const blocksHere = Math.min(blocksPerGroup, blocks - firstBlock - group * blocksPerGroup);
    free.blocks +=
      (flags & BG_BLOCK_UNINIT) !== 0
        ? descriptors.getUint16(at + 0x0c, true)
        : zerosIn(image, descriptors.getUint32(at, true) * blockSize, blocksHere);
    free.inodes +=
      (flags & BG_INODE_UNINIT) !== 0
        ? descriptors.getUint16(at + 0x0e, true)
        : zerosIn(image, descriptors.getUint32(at + 4, true) * blockSize, inodesPerGroup);
  }
  return free;
}

function viewOf(image: DiskImage, offset: number, length: number): DataView {
  const bytes = new Uint8Array(length);
  image.read(offset, bytes);
  return new DataView(bytes.buffer);
}

/** How many of the `bits` bits at this place of the disk are zero. */
function zerosIn(image: DiskImage, offset: number, bits: number): number {
  const bytes = new Uint8Array(Math.ceil(bits / 8));
  image.read(offset, bytes);
  let ones = 0;
  for (let index = 0; index < bits >> 3; index++) ones += ONES[bytes[index] ?? 0] ?? 0;
  for (let bit = bits & ~7; bit < bits; bit++) ones += ((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1;
  return bits - ones;
}

/** How many bits are set in each byte. */
const ONES = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);
