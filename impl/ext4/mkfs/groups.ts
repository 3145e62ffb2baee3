import { bitmapChecksum, setBlockBitmapChecksum, setInodeBitmapChecksum } from '../integrity/checksum.ts';
import type { GroupChecksum } from '../integrity/group-checksum.ts';
import {
  classicDescriptorBlocks,
  descriptorBlock,
  groupBaseBlocks,
  groupClusters,
  groupDescriptorBlocks,
  groupFirstBlock,
  groupHasSuperBlock,
  groupOfBlock,
} from '../allocation/group-layout.ts';
import {
  EXT4_BG_BLOCK_UNINIT,
  EXT4_BG_INODE_UNINIT,
  EXT4_BG_INODE_ZEROED,
  GroupDescriptorLayout,
  setBlockBitmap,
  setFreeBlocks,
  setFreeInodes,
  setInodeBitmap,
  setInodeTable,
  setUnusedInodes,
  setUsedDirectories,
} from '../layout/group-descriptor.ts';
import type { NewGeometry } from './geometry.ts';
import { bytesOf, type Image } from './image.ts';
import { lastUsedInode, type InodeWriter } from './inodes.ts';
import { usedPerGroup, type Placement } from './placement.ts';

/** Sets `length` bits from `start` on, whole bytes at once. */
function setBits(bits: Uint8Array, start: number, length: number): void {
  const end = start + length;
  let bit = start;
  for (; bit < end && bit % 8 !== 0; bit++) bits[bit >> 3] = (bits[bit >> 3] ?? 0) | (1 << (bit & 7));
  const wholeEnd = end - (end % 8);
  if (bit < wholeEnd) bits.fill(0xff, bit >> 3, wholeEnd >> 3);
  for (bit = Math.max(bit, wholeEnd); bit < end; bit++)
    bits[bit >> 3] = (bits[bit >> 3] ?? 0) | (1 << (bit & 7));
}

/** Totals for the superblock. */
export interface Totals {
  readonly freeBlocks: number;
  readonly freeInodes: number;
}

/**
 * Descriptors and bitmaps. With checksums, a group that holds nothing but its own metadata gets no bitmaps: flags say
 * that they follow from the layout.
 */
export function writeGroups(writer: InodeWriter, checksum: GroupChecksum | null): Totals {
  const { geometry, placement, image } = writer;
  const used = usedPerGroup(geometry, placement.used);
  const tableGroups = new Set(placement.tables.map(({ inodeTable }) => groupOfBlock(geometry, inodeTable)));
  const bitmaps = new Map<number, Uint8Array>();
  const totals = { freeBlocks: 0, freeInodes: 0 };
  for (let group = 0; group < geometry.groups; group++) {
    const raw = descriptor(image, geometry, group);
    const { descriptorSize, inodesPerGroup, clusterRatio, groupsPerFlex } = geometry;
    const tables = placement.tables[group] ?? { blockBitmap: 0, inodeBitmap: 0, inodeTable: 0 };
    setBlockBitmap(raw, descriptorSize, tables.blockBitmap);
    setInodeBitmap(raw, descriptorSize, tables.inodeBitmap);
    setInodeTable(raw, descriptorSize, tables.inodeTable);
    const usedClusters = (used[group] ?? 0) / clusterRatio;
    const usedInodes = Math.max(
      0,
      Math.min(inodesPerGroup, lastUsedInode(geometry) - group * inodesPerGroup),
    );
    const freeClusters = groupClusters(geometry, group) - usedClusters;
    const freeInodes = inodesPerGroup - usedInodes;
    setFreeBlocks(raw, descriptorSize, freeClusters);
    setFreeInodes(raw, descriptorSize, freeInodes);
    totals.freeBlocks += freeClusters * clusterRatio;
    totals.freeInodes += freeInodes;
    const lazy = checksum !== null;
    const bare = !tableGroups.has(group) || groupsPerFlex === 1;
    const untouched = bare && usedClusters === ownClusters(geometry, group);
    const blocksFollow = lazy && untouched && group !== geometry.groups - 1;
    const inodesFollow = lazy && usedInodes === 0;
    raw.flags =
      EXT4_BG_INODE_ZEROED |
      (blocksFollow ? EXT4_BG_BLOCK_UNINIT : 0) |
      (inodesFollow ? EXT4_BG_INODE_UNINIT : 0);
    if (lazy) setUnusedInodes(raw, descriptorSize, freeInodes);
    if (!blocksFollow) bitmaps.set(group, blockBitmapOf(image, geometry, tables.blockBitmap, group));
    if (!inodesFollow) writeInodeBitmap(writer, tables.inodeBitmap, usedInodes);
  }
  countDirectories(writer);
  fillBlockBitmaps(geometry, placement, bitmaps);
  if (writer.seed !== null) sealBitmaps(writer, writer.seed, bitmaps);
  if (checksum !== null) sealDescriptors(writer, checksum);
  return totals;
}

/** What a group without files has in use. */
function ownClusters(geometry: NewGeometry, group: number): number {
  const { groupsPerFlex, inodeTableBlocks, clusterRatio } = geometry;
  const blocks = groupBaseBlocks(geometry, group) + (groupsPerFlex > 1 ? 0 : 2 + inodeTableBlocks);
  return Math.ceil(blocks / clusterRatio);
}

const descriptor = (image: Image, geometry: NewGeometry, group: number) => {
  const { descriptorsPerBlock, descriptorSize } = geometry;
  const block = descriptorBlock(geometry, Math.floor(group / descriptorsPerBlock));
  return GroupDescriptorLayout.at(image.block(block), (group % descriptorsPerBlock) * descriptorSize);
};

/** The bitmap's bits behind the end of the group are always set. */
function blockBitmapOf(image: Image, geometry: NewGeometry, block: number, group: number): Uint8Array {
  const bits = bytesOf(image.block(block));
  const clusters = groupClusters(geometry, group);
  setBits(bits, clusters, geometry.blockSize * 8 - clusters);
  return bits;
}

function writeInodeBitmap({ image, geometry }: InodeWriter, block: number, used: number): void {
  const bits = bytesOf(image.block(block));
  setBits(bits, 0, used);
  setBits(bits, geometry.inodesPerGroup, geometry.blockSize * 8 - geometry.inodesPerGroup);
}

/** The root directory is inode 2, lost+found inode 11: with very few inodes a group they lie apart. */
function countDirectories({ image, geometry }: InodeWriter): void {
  const counts = new Map<number, number>();
  for (const ino of [2, 11]) {
    const group = Math.floor((ino - 1) / geometry.inodesPerGroup);
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  for (const [group, count] of counts) {
    setUsedDirectories(descriptor(image, geometry, group), geometry.descriptorSize, count);
  }
}

function fillBlockBitmaps(
  geometry: NewGeometry,
  placement: Placement,
  bitmaps: ReadonlyMap<number, Uint8Array>,
): void {
  const { firstDataBlock, blocksPerGroup, clusterRatio } = geometry;
  for (const { start, length } of placement.used.runs()) {
    const end = start + length;
    for (let block = start; block < end;) {
      const group = Math.floor((block - firstDataBlock) / blocksPerGroup);
      const first = groupFirstBlock(geometry, group);
      const next = Math.min(end, first + blocksPerGroup);
      const bits = bitmaps.get(group);
      if (bits !== undefined) setBits(bits, (block - first) / clusterRatio, (next - block) / clusterRatio);
      block = next;
    }
  }
}

function sealBitmaps(
  { image, geometry, placement }: InodeWriter,
  seed: number,
  bitmaps: ReadonlyMap<number, Uint8Array>,
): void {
  const { descriptorSize, inodesPerGroup } = geometry;
  for (let group = 0; group < geometry.groups; group++) {
    const raw = descriptor(image, geometry, group);
    const bits = bitmaps.get(group);
    if (bits !== undefined) {
      setBlockBitmapChecksum(raw, descriptorSize, bitmapChecksum(seed, bits, geometry.clustersPerGroup));
    }
    if ((raw.flags & EXT4_BG_INODE_UNINIT) === 0) {
      const inodeBits = bytesOf(image.block(placement.tables[group]?.inodeBitmap ?? 0));
      setInodeBitmapChecksum(raw, descriptorSize, bitmapChecksum(seed, inodeBits, inodesPerGroup));
    }
  }
}

function sealDescriptors({ image, geometry }: InodeWriter, checksum: GroupChecksum): void {
  for (let group = 0; group < geometry.groups; group++) {
    const raw = descriptor(image, geometry, group);
    const bytes = bytesOf(raw.view).subarray(raw.base, raw.base + geometry.descriptorSize);
    raw.checksum = checksum(group, bytes);
  }
}

/** Copies the descriptors to wherever else they belong: behind other superblocks, or with meta_bg twice in their range. */
export function copyDescriptors(image: Image, geometry: NewGeometry): void {
  const classic = classicDescriptorBlocks(geometry);
  for (let group = 1; group < geometry.groups; group++) {
    const count = groupDescriptorBlocks(geometry, group);
    const first = groupFirstBlock(geometry, group) + (groupHasSuperBlock(geometry, group) ? 1 : 0);
    const range = Math.floor(group / geometry.descriptorsPerBlock);
    for (let index = 0; index < count; index++) {
      const original = descriptorBlock(
        geometry,
        range < classic || geometry.firstMetaGroup === null ? index : range,
      );
      if (original === first + index) continue;
      bytesOf(image.block(first + index)).set(bytesOf(image.block(original)));
    }
  }
}
