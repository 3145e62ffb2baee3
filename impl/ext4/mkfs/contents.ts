import { directoryLeafChecksum, inodeSeed, orphanBlockChecksum } from '../integrity/checksum.ts';
import { groupFirstBlock, groupHasSuperBlock } from '../allocation/group-layout.ts';
import {
  DirectoryEntryLayout,
  DirectoryTailLayout,
  entryBytes,
  EXT4_FT_DIR,
  EXT4_FT_DIR_CSUM,
} from '../layout/directory.ts';
import { EXT4_ROOT_INO } from '../layout/inode.ts';
import { EXT4_ORPHAN_BLOCK_MAGIC, OrphanBlockTailLayout } from '../layout/orphan-block.ts';
import { JournalSuperblockLayout } from '../../jbd2/layout/superblock.ts';
import { hasFeature } from '../super/features.ts';
import { mapInOrder } from './block-map.ts';
import type { NewGeometry } from './geometry.ts';
import { bytesOf, type Image } from './image.ts';
import { LOST_AND_FOUND_INO, orphanFileInode, type InodeWriter } from './inodes.ts';
import type { MkfsOptions } from './options.ts';
import type { Placement } from './placement.ts';
import { blocksOf } from './used-blocks.ts';

interface NewEntry {
  readonly ino: number;
  readonly name: string;
}

/** One leaf block: the entries, the last of them up to the end, and the tail where there are checksums. */
function writeLeaf(
  writer: InodeWriter,
  block: number,
  directory: number,
  entries: readonly NewEntry[],
): void {
  const view = writer.image.block(block);
  const end = view.byteLength - (writer.seed === null ? 0 : DirectoryTailLayout.size);
  let offset = 0;
  entries.forEach(({ ino, name }, index) => {
    const entry = DirectoryEntryLayout.at(view, offset);
    entry.inode = ino;
    entry.nameLen = name.length;
    entry.fileType = hasFeature(writer.geometry.features, 'filetype') && ino > 0 ? EXT4_FT_DIR : 0;
    entry.recLen = index === entries.length - 1 ? end - offset : entryBytes(name.length);
    for (let at = 0; at < name.length; at++)
      view.setUint8(offset + DirectoryEntryLayout.size + at, name.charCodeAt(at));
    offset += entry.recLen;
  });
  // Only an entry of a whole block of 65536 bytes does not fit in 16 bits (ext4_rec_len_to_disk).
  if (entries.length === 0) DirectoryEntryLayout.at(view).recLen = Math.min(end, 0xffff);
  if (writer.seed === null) return;
  const tail = DirectoryTailLayout.at(view, end);
  tail.recLen = DirectoryTailLayout.size;
  tail.reservedFt = EXT4_FT_DIR_CSUM;
  tail.checksum = directoryLeafChecksum(inodeSeed(writer.seed, directory, 0), bytesOf(view));
}

export function writeDirectories(writer: InodeWriter): void {
  const { root, lostAndFound } = writer.placement;
  for (const block of blocksOf(root)) {
    writeLeaf(writer, block, EXT4_ROOT_INO, [
      { ino: EXT4_ROOT_INO, name: '.' },
      { ino: EXT4_ROOT_INO, name: '..' },
      { ino: LOST_AND_FOUND_INO, name: 'lost+found' },
    ]);
  }
  let entries: readonly NewEntry[] = [
    { ino: LOST_AND_FOUND_INO, name: '.' },
    { ino: EXT4_ROOT_INO, name: '..' },
  ];
  // Where it was in the inode at first, its two names kept the length that they had there, and the rest is free.
  if (hasFeature(writer.geometry.features, 'inline_data')) entries = [...entries, { ino: 0, name: '' }];
  for (const block of blocksOf(lostAndFound)) {
    writeLeaf(writer, block, LOST_AND_FOUND_INO, entries);
    entries = [];
  }
}

const JBD2_MAGIC = 0xc03b3998;
const JBD2_SUPERBLOCK_V2 = 4;

/** An empty log: recovery starts and ends with the superblock. */
export function writeJournal(
  image: Image,
  geometry: NewGeometry,
  placement: Placement,
  { uuid, logLeft }: MkfsOptions,
): void {
  const [run] = placement.journal;
  if (run === undefined) return;
  const raw = JournalSuperblockLayout.at(image.block(run.start));
  raw.magic = JBD2_MAGIC;
  raw.blockType = JBD2_SUPERBLOCK_V2;
  raw.blockSize = geometry.blockSize;
  raw.maxLength = geometry.journalBlocks;
  raw.fastCommitBlocks = geometry.fastCommitBlocks;
  raw.first = 1;
  raw.sequence = 1;
  raw.users = 1;
  raw.uuid.set(uuid);
  if (logLeft !== undefined) raw.head = geometry.journalBlocks - geometry.fastCommitBlocks - logLeft;
}

export function writeOrphanFile(writer: InodeWriter): void {
  const { features, blockSize } = writer.geometry;
  const ino = orphanFileInode(writer.geometry);
  const all = [...blocksOf(writer.placement.orphanFile)];
  const data = hasFeature(features, 'extent') ? all : mapInOrder(all, blockSize / 4).data;
  for (const block of data) {
    const view = writer.image.block(block);
    const tail = OrphanBlockTailLayout.at(view, view.byteLength - OrphanBlockTailLayout.size);
    tail.magic = EXT4_ORPHAN_BLOCK_MAGIC;
    if (writer.seed === null) continue;
    tail.checksum = orphanBlockChecksum(inodeSeed(writer.seed, ino, 0), block, bytesOf(view));
  }
}

/**
 * The resize inode's tree: its double indirect block addresses the reserved descriptor blocks of group 0, and each of
 * those addresses its copies in the other groups. Returns the blocks that the tree has, 0 without resize_inode.
 */
export function writeResizeTree(image: Image, geometry: NewGeometry, placement: Placement): number {
  if (!hasFeature(geometry.features, 'resize_inode')) return 0;
  const { firstDataBlock, bootBlocks, descriptorBlocks, reservedDescriptorBlocks } = geometry;
  const backups: number[] = [];
  for (let group = 1; group < geometry.groups; group++) {
    if (groupHasSuperBlock(geometry, group)) backups.push(group);
  }
  const top = image.block(placement.resizeIndirect);
  const addresses = geometry.blockSize / 4;
  for (let index = 0; index < reservedDescriptorBlocks; index++) {
    const block = firstDataBlock + bootBlocks + 1 + descriptorBlocks + index;
    top.setUint32(((descriptorBlocks + index) % addresses) * 4, block, true);
    if (backups.length === 0) continue;
    const view = image.block(block);
    backups.forEach((group, slot) => {
      view.setUint32(slot * 4, block - firstDataBlock + groupFirstBlock(geometry, group), true);
    });
  }
  return 1 + reservedDescriptorBlocks * (1 + backups.length);
}
