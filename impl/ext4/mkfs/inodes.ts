import { setInodeChecksum } from '../integrity/checksum.ts';
import { EXT4_EXTENTS_FL, S_IFDIR, S_IFREG } from '../inode/inode.ts';
import { EXT4_EXT_MAGIC, ExtentHeaderLayout, ExtentLayout } from '../layout/extent.ts';
import {
  EXT4_GOOD_OLD_FIRST_INO,
  EXT4_GOOD_OLD_INODE_SIZE,
  EXT4_JOURNAL_INO,
  EXT4_RESIZE_INO,
  EXT4_ROOT_INO,
  EXTRA_ISIZE,
  I_BLOCK_OFFSET,
  InodeLayout,
  type RawInode,
} from '../layout/inode.ts';
import { highHalf, lowHalf } from '../../lib/struct.ts';
import { hasFeature } from '../super/features.ts';
import { mapInOrder } from './block-map.ts';
import { resizeInodeBytes, type NewGeometry } from './geometry.ts';
import type { Image } from './image.ts';
import { lostAndFoundBlocks, type Placement } from './placement.ts';
import { blocksOf, type Run } from './used-blocks.ts';

const EXT4_BAD_INO = 1;
export const LOST_AND_FOUND_INO = EXT4_GOOD_OLD_FIRST_INO;
export const ORPHAN_FILE_INO = LOST_AND_FOUND_INO + 1;

/** i_block's slot of the double indirect block. */
const DOUBLE_INDIRECT = 13;

/** What the inodes of a new file system have in common. */
export interface InodeWriter {
  readonly image: Image;
  readonly geometry: NewGeometry;
  readonly placement: Placement;
  /** Register of checksums, or null without metadata_csum. */
  readonly seed: number | null;
  /** Seconds. */
  readonly now: number;
}

/** The last inode in use: lost+found, or the orphan file. */
export const lastUsedInode = (geometry: NewGeometry): number =>
  geometry.orphanBlocks > 0 ? ORPHAN_FILE_INO : LOST_AND_FOUND_INO;

export function writeInodes(writer: InodeWriter, resizeInodeBlocks: number): void {
  const { geometry, placement, seed } = writer;
  // The reserved inodes carry a checksum although they are empty.
  for (let ino = EXT4_BAD_INO; seed !== null && ino < EXT4_GOOD_OLD_FIRST_INO; ino++) {
    writeInode(writer, ino, () => undefined);
  }
  writeInode(writer, EXT4_BAD_INO, (raw) => setTimes(raw, writer.now));
  writeFile(writer, EXT4_ROOT_INO, { mode: S_IFDIR | 0o755, links: 3, runs: placement.root, blocks: 1 });
  writeFile(writer, LOST_AND_FOUND_INO, {
    mode: S_IFDIR | 0o700,
    links: 2,
    runs: placement.lostAndFound,
    blocks: lostAndFoundBlocks(geometry.blockSize),
  });
  const hidden = { mode: S_IFREG | 0o600, links: 1 };
  const { journalBlocks, orphanBlocks } = geometry;
  if (journalBlocks > 0) {
    writeFile(writer, EXT4_JOURNAL_INO, { ...hidden, runs: placement.journal, blocks: journalBlocks });
  }
  if (orphanBlocks > 0) {
    writeFile(writer, ORPHAN_FILE_INO, { ...hidden, runs: placement.orphanFile, blocks: orphanBlocks });
  }
  if (resizeInodeBlocks > 0) writeResizeInode(writer, resizeInodeBlocks);
}

interface NewFile {
  readonly mode: number;
  readonly links: number;
  /** All blocks that it takes. */
  readonly runs: readonly Run[];
  /** Its size in blocks. */
  readonly blocks: number;
}

function writeFile(writer: InodeWriter, ino: number, { mode, links, runs, blocks }: NewFile): void {
  const { geometry, image } = writer;
  const { blockSize } = geometry;
  writeInode(writer, ino, (raw) => {
    setFile(writer, raw, mode, links, blocks * blockSize);
    if (hasFeature(geometry.features, 'extent')) setExtents(raw, runs);
    else setBlockMap(raw, image, runs);
    raw.blocksLo = (runs.reduce((sum, { length }) => sum + length, 0) * blockSize) / 512;
  });
}

/** ext2fs_create_resize_inode. */
function writeResizeInode(writer: InodeWriter, blocks: number): void {
  const { blockSize } = writer.geometry;
  writeInode(writer, EXT4_RESIZE_INO, (raw) => {
    setFile(writer, raw, S_IFREG | 0o600, 1, resizeInodeBytes(blockSize));
    raw.view.setUint32(
      raw.base + I_BLOCK_OFFSET + DOUBLE_INDIRECT * 4,
      writer.placement.resizeIndirect,
      true,
    );
    raw.blocksLo = (blocks * blockSize) / 512;
  });
}

function writeInode(
  { image, geometry, placement, seed }: InodeWriter,
  ino: number,
  fill: (raw: RawInode) => void,
): void {
  const group = Math.floor((ino - 1) / geometry.inodesPerGroup);
  const offset = ((ino - 1) % geometry.inodesPerGroup) * geometry.inodeSize;
  const table = placement.tables[group]?.inodeTable ?? 0;
  const block = image.block(table + Math.floor(offset / geometry.blockSize));
  const raw = InodeLayout.at(block, offset % geometry.blockSize);
  fill(raw);
  if (seed !== null) setInodeChecksum(seed, ino, raw, geometry.inodeSize);
}

/** The low 32 bits; what is beyond them goes to the extra fields. */
function setTimes(raw: RawInode, now: number): void {
  raw.atime = lowHalf(now);
  raw.ctime = lowHalf(now);
  raw.mtime = lowHalf(now);
}

function setFile(writer: InodeWriter, raw: RawInode, mode: number, links: number, size: number): void {
  raw.mode = mode;
  raw.linksCount = links;
  raw.sizeLo = lowHalf(size);
  raw.sizeHigh = highHalf(size);
  setTimes(raw, writer.now);
  if (writer.geometry.inodeSize === EXT4_GOOD_OLD_INODE_SIZE) return;
  raw.extraIsize = EXTRA_ISIZE;
  raw.crtime = lowHalf(writer.now);
  const epoch = highHalf(writer.now + 2 ** 31);
  raw.atimeExtra = epoch;
  raw.ctimeExtra = epoch;
  raw.mtimeExtra = epoch;
  raw.crtimeExtra = epoch;
}

/** At most four runs, directly in i_block. */
function setExtents(raw: RawInode, runs: readonly Run[]): void {
  raw.flags = EXT4_EXTENTS_FL;
  const root = raw.base + I_BLOCK_OFFSET;
  const header = ExtentHeaderLayout.at(raw.view, root);
  header.magic = EXT4_EXT_MAGIC;
  header.max = 4;
  header.entries = runs.length;
  let logical = 0;
  runs.forEach(({ start, length }, index) => {
    const extent = ExtentLayout.at(raw.view, root + ExtentHeaderLayout.size + index * ExtentLayout.size);
    extent.block = logical;
    extent.len = length;
    extent.startHi = highHalf(start);
    extent.startLo = lowHalf(start);
    logical += length;
  });
}

function setBlockMap(raw: RawInode, image: Image, runs: readonly Run[]): void {
  const { slots, tables } = mapInOrder([...blocksOf(runs)], image.blockSize / 4);
  slots.forEach((block, slot) => raw.view.setUint32(raw.base + I_BLOCK_OFFSET + slot * 4, block, true));
  for (const { block, entries } of tables) {
    const view = image.block(block);
    entries.forEach((entry, index) => view.setUint32(index * 4, entry, true));
  }
}
