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
import type { NewGeometry } from './geometry.ts';
import type { Image } from './image.ts';
import { lostAndFoundBlocks, type Placement } from './placement.ts';
import type { Run } from './used-blocks.ts';

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
  const { geometry, placement } = writer;
  const { blockSize } = geometry;
  // The reserved inodes carry a checksum although they are empty.
  for (let ino = EXT4_BAD_INO; ino < EXT4_GOOD_OLD_FIRST_INO; ino++) {
    writeInode(writer, ino, (raw) => ino === EXT4_BAD_INO && setTimes(raw, writer.now));
  }
  const directory = (
    ino: number,
    permissions: number,
    links: number,
    runs: readonly Run[],
    blocks: number,
  ): void =>
    writeInode(writer, ino, (raw) => {
      setFile(writer, raw, S_IFDIR | permissions, links, blocks * blockSize);
      setExtents(raw, runs, blockSize);
    });
  const file = (ino: number, runs: readonly Run[], blocks: number): void =>
    writeInode(writer, ino, (raw) => {
      setFile(writer, raw, S_IFREG | 0o600, 1, blocks * blockSize);
      setExtents(raw, runs, blockSize);
    });
  directory(EXT4_ROOT_INO, 0o755, 3, placement.root, 1);
  directory(LOST_AND_FOUND_INO, 0o700, 2, placement.lostAndFound, lostAndFoundBlocks(blockSize));
  if (geometry.journalBlocks > 0) file(EXT4_JOURNAL_INO, placement.journal, geometry.journalBlocks);
  if (geometry.orphanBlocks > 0) file(ORPHAN_FILE_INO, placement.orphanFile, geometry.orphanBlocks);
  writeResizeInode(writer, resizeInodeBlocks);
}

/** Its size is all that a double indirect block can address, whatever is there (ext2fs_create_resize_inode). */
function writeResizeInode(writer: InodeWriter, blocks: number): void {
  const { blockSize } = writer.geometry;
  const addresses = blockSize / 4;
  writeInode(writer, EXT4_RESIZE_INO, (raw) => {
    setFile(writer, raw, S_IFREG | 0o600, 1, (addresses * addresses + addresses + 12) * blockSize);
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
function setExtents(raw: RawInode, runs: readonly Run[], blockSize: number): void {
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
  raw.blocksLo = (logical * blockSize) / 512;
}
