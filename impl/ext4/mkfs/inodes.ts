import { inodeSeed, setInodeChecksum } from '../integrity/checksum.ts';
import { EXT4_IMMUTABLE_FL, S_IFDIR, S_IFREG } from '../inode/inode.ts';
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
import { EXT4_XATTR_MAGIC, XattrInodeHeaderLayout } from '../layout/xattr.ts';
import { highHalf, lowHalf } from '../../lib/struct.ts';
import { hasFeature } from '../super/features.ts';
import { mapInOrder } from './block-map.ts';
import { setExtents } from './extents.ts';
import { resizeInodeBytes, type NewGeometry } from './geometry.ts';
import type { Image } from './image.ts';
import { lostAndFoundBlocks, type Placement } from './placement.ts';
import { PROJECT_QUOTA_INO, QUOTA_FILE_BYTES, quotaFiles } from './quota-files.ts';
import { blocksOf, wholeClusters, type Run } from './used-blocks.ts';

const EXT4_BAD_INO = 1;
export const LOST_AND_FOUND_INO = EXT4_GOOD_OLD_FIRST_INO;

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

/** Quotas of projects have no reserved inode: it is the first free one. */
const projectQuotaInodes = (geometry: NewGeometry): number =>
  quotaFiles(geometry).some(({ kind }) => kind === 'project') ? 1 : 0;

/** The inode of the orphan file, where there is one. */
export const orphanFileInode = (geometry: NewGeometry): number =>
  PROJECT_QUOTA_INO + projectQuotaInodes(geometry);

/** The last inode in use: lost+found, or a hidden file behind it. */
export const lastUsedInode = (geometry: NewGeometry): number =>
  orphanFileInode(geometry) - (geometry.orphanBlocks > 0 ? 0 : 1);

export function writeInodes(writer: InodeWriter, resizeInodeBlocks: number): void {
  const { geometry, placement, seed } = writer;
  const { blockSize } = geometry;
  // The reserved inodes carry a checksum although they are empty.
  for (let ino = EXT4_BAD_INO; seed !== null && ino < EXT4_GOOD_OLD_FIRST_INO; ino++) {
    writeInode(writer, ino, () => undefined);
  }
  writeInode(writer, EXT4_BAD_INO, (raw) => setTimes(raw, writer.now));
  writeFile(writer, EXT4_ROOT_INO, {
    mode: S_IFDIR | 0o755,
    links: 3,
    runs: placement.root,
    size: blockSize,
  });
  writeFile(writer, LOST_AND_FOUND_INO, {
    mode: S_IFDIR | 0o700,
    links: 2,
    runs: placement.lostAndFound,
    size: lostAndFoundBlocks(geometry) * blockSize,
    wasInline: hasFeature(geometry.features, 'inline_data'),
  });
  const hidden = { mode: S_IFREG | 0o600, links: 1 };
  const { journalBlocks, orphanBlocks } = geometry;
  if (journalBlocks > 0) {
    const { journal: runs, journalTree: tree } = placement;
    writeFile(writer, EXT4_JOURNAL_INO, { ...hidden, runs, tree, size: journalBlocks * blockSize });
  }
  quotaFiles(geometry).forEach(({ ino }, index) => {
    const runs = placement.quotas[index] ?? [];
    writeFile(writer, ino, { ...hidden, runs, size: QUOTA_FILE_BYTES, flags: EXT4_IMMUTABLE_FL });
  });
  if (orphanBlocks > 0) {
    const runs = placement.orphanFile;
    writeFile(writer, orphanFileInode(geometry), { ...hidden, runs, size: orphanBlocks * blockSize });
  }
  if (resizeInodeBlocks > 0) writeResizeInode(writer, resizeInodeBlocks);
}

interface NewFile {
  readonly mode: number;
  readonly links: number;
  /** All blocks that it takes. */
  readonly runs: readonly Run[];
  /** The block of its extent tree, where they do not fit into the inode; 0 for none. */
  readonly tree?: number;
  /** Bytes. */
  readonly size: number;
  readonly flags?: number;
  /** Its contents were in the inode at first: the attribute that held them is gone, the list of attributes is there. */
  readonly wasInline?: boolean;
}

function writeFile(writer: InodeWriter, ino: number, file: NewFile): void {
  const { geometry, image } = writer;
  const { mode, links, runs, tree = 0, size, flags = 0, wasInline = false } = file;
  const leaf = tree === 0 ? null : { block: tree, view: image.block(tree) };
  writeInode(writer, ino, (raw) => {
    setFile(writer, raw, mode, links, size);
    if (hasFeature(geometry.features, 'extent')) setExtents(raw, ino, runs, leaf, writer.seed);
    else setBlockMap(raw, image, runs);
    raw.flags |= flags;
    const attributes = raw.base + EXT4_GOOD_OLD_INODE_SIZE + EXTRA_ISIZE;
    if (wasInline) XattrInodeHeaderLayout.at(raw.view, attributes).magic = EXT4_XATTR_MAGIC;
    raw.blocksLo = usedSectors(geometry, runs) + (leaf === null ? 0 : usedSectors(geometry, [ONE_BLOCK]));
  });
}

const ONE_BLOCK: Run = { start: 0, length: 1 };

/** i_blocks of a file with these blocks: whole clusters, in sectors. */
export function usedSectors({ clusterRatio, blockSize }: NewGeometry, runs: readonly Run[]): number {
  const blocks = runs.reduce((sum, { length }) => sum + length, 0);
  return (wholeClusters(blocks, clusterRatio) * blockSize) / 512;
}

/** ext2fs_create_resize_inode. */
function writeResizeInode(writer: InodeWriter, blocks: number): void {
  const { blockSize, clusterRatio } = writer.geometry;
  writeInode(writer, EXT4_RESIZE_INO, (raw) => {
    setFile(writer, raw, S_IFREG | 0o600, 1, resizeInodeBytes(blockSize));
    raw.view.setUint32(
      raw.base + I_BLOCK_OFFSET + DOUBLE_INDIRECT * 4,
      writer.placement.resizeIndirect,
      true,
    );
    // Each block counts as a cluster, although only the first of them has one of its own.
    raw.blocksLo = (blocks * clusterRatio * blockSize) / 512;
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
  if (seed !== null) setInodeChecksum(inodeSeed(seed, ino, raw.generation), raw, geometry.inodeSize);
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

function setBlockMap(raw: RawInode, image: Image, runs: readonly Run[]): void {
  const { slots, tables } = mapInOrder([...blocksOf(runs)], image.blockSize / 4);
  slots.forEach((block, slot) => raw.view.setUint32(raw.base + I_BLOCK_OFFSET + slot * 4, block, true));
  for (const { block, entries } of tables) {
    const view = image.block(block);
    entries.forEach((entry, index) => view.setUint32(index * 4, entry, true));
  }
}
