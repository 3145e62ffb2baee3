import type { DiskImage } from './target.ts';

/** What the bitmaps of an ext4 image leave free. */
export interface FreeCount {
  readonly blocks: number;
  readonly inodes: number;
}

const SUPERBLOCK_OFFSET = 1024;
const SUPERBLOCK_BYTES = 1024;
/** The half that is the same in descriptors of 32 and of 64 bytes. */
const DESCRIPTOR_BYTES = 32;
const COMPAT_SPARSE_SUPER2 = 0x200;
const INCOMPAT_META_BG = 0x10;
const INCOMPAT_64BIT = 0x80;
const RO_COMPAT_SPARSE_SUPER = 0x1;
/** uninit_bg and metadata_csum: without either the flags of a group mean nothing. */
const RO_COMPAT_GROUP_CHECKSUMS = 0x10 | 0x400;
const BG_INODE_UNINIT = 1;
const BG_BLOCK_UNINIT = 2;

/**
 * Counts what is free in the bitmaps of an unmounted image, reading the disk with code of its own
 * (Documentation/filesystems/ext4/{super,group_descr,bitmaps}.rst): whatever impl/ got wrong, this does not repeat it.
 * A group whose bitmap was never written counts as its descriptor says; e2fsck looks after those.
 */
export function countFree(image: DiskImage): FreeCount {
  const free = { blocks: 0, inodes: 0 };
  for (const { descriptor, flags, blocks, ratio, blockSize, inodesPerGroup } of groupsOf(image)) {
    free.blocks +=
      ratio *
      ((flags & BG_BLOCK_UNINIT) !== 0
        ? descriptor.getUint16(0x0c, true)
        : zerosIn(image, descriptor.getUint32(0, true) * blockSize, Math.ceil(blocks / ratio)));
    free.inodes +=
      (flags & BG_INODE_UNINIT) !== 0
        ? descriptor.getUint16(0x0e, true)
        : zerosIn(image, descriptor.getUint32(4, true) * blockSize, inodesPerGroup);
  }
  return free;
}

interface Group {
  /** The first 32 bytes. */
  readonly descriptor: DataView;
  /** 0 where they mean nothing. */
  readonly flags: number;
  readonly first: number;
  readonly blocks: number;
  /** Blocks of a cluster: a bit of a block bitmap, and the count in a descriptor, is for one. */
  readonly ratio: number;
  readonly blockSize: number;
  readonly inodesPerGroup: number;
}

function* groupsOf(image: DiskImage): Generator<Group> {
  const superblock = new DataView(new ArrayBuffer(SUPERBLOCK_BYTES));
  readInto(superblock, image, SUPERBLOCK_OFFSET);
  // The same for every group: whoever wants to keep what it says copies it.
  const descriptor = new DataView(new ArrayBuffer(DESCRIPTOR_BYTES));
  const blockSize = 1024 << superblock.getUint32(0x18, true);
  const allBlocks = superblock.getUint32(0x04, true);
  const firstBlock = superblock.getUint32(0x14, true);
  const blocksPerGroup = superblock.getUint32(0x20, true);
  const ratio = 2 ** (superblock.getUint32(0x1c, true) - superblock.getUint32(0x18, true));
  const inodesPerGroup = superblock.getUint32(0x28, true);
  const lazy = (superblock.getUint32(0x64, true) & RO_COMPAT_GROUP_CHECKSUMS) !== 0;
  const groups = Math.ceil((allBlocks - firstBlock) / blocksPerGroup);
  for (let group = 0; group < groups; group++) {
    readInto(descriptor, image, descriptorOffset(superblock, group));
    const flags = lazy ? descriptor.getUint16(0x12, true) : 0;
    const first = firstBlock + group * blocksPerGroup;
    const blocks = Math.min(blocksPerGroup, allBlocks - first);
    yield { descriptor, flags, first, blocks, ratio, blockSize, inodesPerGroup };
  }
}

/** Runs of free blocks, in bytes of the device; none of groups whose bitmap was never written. */
export function* freeRuns(image: DiskImage): Generator<{ readonly offset: number; readonly length: number }> {
  for (const { descriptor, flags, first, blocks, ratio, blockSize } of groupsOf(image)) {
    if ((flags & BG_BLOCK_UNINIT) !== 0) continue;
    const clusters = Math.ceil(blocks / ratio);
    const bitmap = new Uint8Array(Math.ceil(clusters / 8));
    image.read(descriptor.getUint32(0, true) * blockSize, bitmap);
    const isFree = (cluster: number): boolean => (((bitmap[cluster >> 3] ?? 0) >> (cluster & 7)) & 1) === 0;
    for (let cluster = 0; cluster < clusters; cluster++) {
      const start = cluster;
      while (cluster < clusters && isFree(cluster)) cluster++;
      const length = Math.min(blocks, cluster * ratio) - start * ratio;
      if (length > 0) yield { offset: (first + start * ratio) * blockSize, length: length * blockSize };
    }
  }
}

/** Where a group's descriptor lies: behind the superblock, or with meta_bg at the start of the groups that share its block. */
function descriptorOffset(superblock: DataView, group: number): number {
  const blockSize = 1024 << superblock.getUint32(0x18, true);
  const firstBlock = superblock.getUint32(0x14, true);
  const incompat = superblock.getUint32(0x60, true);
  const bytes = (incompat & INCOMPAT_64BIT) !== 0 ? superblock.getUint16(0xfe, true) : 32;
  const perBlock = blockSize / bytes;
  const index = Math.floor(group / perBlock);
  const within = (group % perBlock) * bytes;
  const meta = (incompat & INCOMPAT_META_BG) !== 0 && index >= superblock.getUint32(0x104, true);
  // With blocks of 1024 bytes in larger clusters the first block is 0, and block 1 holds the superblock all the same.
  const boot = blockSize === SUPERBLOCK_OFFSET && firstBlock === 0 ? 1 : 0;
  if (!meta) return (firstBlock + boot + 1 + index) * blockSize + within;
  const first = index * perBlock;
  const start = firstBlock + first * superblock.getUint32(0x20, true);
  const before = (first === 0 ? boot : 0) + (holdsSuperBlock(superblock, first) ? 1 : 0);
  return (start + before) * blockSize + within;
}

/** Of groups that start a range of descriptors: their numbers are 0 or even, so never powers of 3, 5 or 7. */
function holdsSuperBlock(superblock: DataView, group: number): boolean {
  if (group === 0) return true;
  if ((superblock.getUint32(0x5c, true) & COMPAT_SPARSE_SUPER2) !== 0)
    return [0x24c, 0x250].some((offset) => superblock.getUint32(offset, true) === group);
  return (superblock.getUint32(0x64, true) & RO_COMPAT_SPARSE_SUPER) === 0;
}

function readInto(view: DataView, image: DiskImage, offset: number): void {
  image.read(offset, new Uint8Array(view.buffer));
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
