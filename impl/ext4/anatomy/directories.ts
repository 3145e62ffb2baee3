import { directoryIndexChecksum, directoryLeafChecksum } from '../integrity/checksum.ts';
import { EXT4_INDEX_FL } from '../inode/inode.ts';
import { DirectoryEntryLayout, DirectoryTailLayout, EXT4_FT_DIR_CSUM } from '../layout/directory.ts';
import {
  DX_NODE_COUNT_OFFSET,
  DX_ROOT_COUNT_OFFSET,
  DX_ROOT_INFO_OFFSET,
  DxCountLimitLayout,
  DxEntryLayout,
  DxRootInfoLayout,
  DxTailLayout,
} from '../layout/directory-index.ts';
import type { DissectedInode } from './inodes.ts';
import { bytesPart, tablePart, type Placed, type Seal } from './part.ts';
import { amend, bytesOf, type Specimen } from './specimen.ts';

/** Of one directory. */
const BLOCKS_MAX = 64;

/** The blocks of a directory: entries, names and tails; roots and inner nodes of its index. */
export function dissectDirectory(specimen: Specimen, inode: DissectedInode, blocks: readonly number[]): void {
  const indexed = (inode.raw.flags & EXT4_INDEX_FL) !== 0;
  for (const [index, block] of blocks.slice(0, BLOCKS_MAX).entries()) {
    const view = specimen.block(block);
    if (view === null) continue;
    const place = `${block} of inode ${inode.ino}`;
    const found = { specimen, inode, view, place, offset: block * specimen.blockSize };
    if (indexed && index === 0) dissectIndex(found, DX_ROOT_COUNT_OFFSET);
    else if (indexed && isInnerNode(view)) dissectIndex(found, DX_NODE_COUNT_OFFSET);
    else dissectLeaf(found);
  }
}

interface DirectoryBlock {
  readonly specimen: Specimen;
  readonly inode: DissectedInode;
  readonly view: DataView;
  readonly place: string;
  /** Byte on the device. */
  readonly offset: number;
}

/** An inner node starts with an entry of no inode that covers the whole block. */
function isInnerNode(view: DataView): boolean {
  const first = DirectoryEntryLayout.at(view);
  return first.inode === 0 && first.recLen === view.byteLength % 65536 && first.nameLen === 0;
}

function dissectLeaf({ specimen, inode, view, place, offset }: DirectoryBlock): void {
  dissectEntries(specimen, view, {
    place: `block ${place}`,
    offset,
    seal: leafSeal(specimen, inode, offset),
  });
}

/** A chain of entries that fills `view`; `where` is the place of its first byte. */
export function dissectEntries(specimen: Specimen, view: DataView, { place, offset, seal }: Placed): void {
  const end = view.byteLength - DirectoryEntryLayout.size;
  for (let at = 0; at <= end;) {
    const entry = DirectoryEntryLayout.at(view, at);
    const where = { place: `at ${at} of ${place}`, offset: offset + at, seal };
    const isTail = at === view.byteLength - DirectoryTailLayout.size && entry.fileType === EXT4_FT_DIR_CSUM;
    if (isTail) specimen.add(tablePart(DirectoryTailLayout, { ...where, seal: null }));
    else addEntry(specimen, where, entry.nameLen);
    if (entry.recLen < DirectoryEntryLayout.size) return;
    at += entry.recLen;
  }
}

function addEntry(specimen: Specimen, where: Placed, nameLength: number): void {
  specimen.add(tablePart(DirectoryEntryLayout, where));
  if (nameLength === 0) return;
  const name = { ...where, offset: where.offset + DirectoryEntryLayout.size };
  specimen.add(bytesPart('ext4_dir_entry_2.name', name, nameLength));
}

function leafSeal({ blockSize }: Specimen, { seed }: DissectedInode, offset: number): Seal | null {
  if (seed === null) return null;
  return (disk) =>
    amend(disk, offset, blockSize, (view) => {
      const tail = DirectoryTailLayout.at(view, blockSize - DirectoryTailLayout.size);
      tail.checksum = directoryLeafChecksum(seed, bytesOf(view));
    });
}

function dissectIndex(block: DirectoryBlock, countOffset: number): void {
  const { specimen, inode, view, place, offset } = block;
  const seal = indexSeal(specimen, inode, offset, countOffset);
  const at = (byte: number, name = ''): Placed => ({
    place: `${name}${place}`,
    offset: offset + byte,
    seal,
  });
  if (countOffset === DX_ROOT_COUNT_OFFSET) {
    specimen.add(tablePart(DirectoryEntryLayout, at(0, '. in root ')));
    specimen.add(tablePart(DirectoryEntryLayout, at(12, '.. in root ')));
    specimen.add(tablePart(DxRootInfoLayout, at(DX_ROOT_INFO_OFFSET)));
  }
  specimen.add(tablePart(DxCountLimitLayout, at(countOffset)));
  const { limit, count } = DxCountLimitLayout.at(view, countOffset);
  const room = Math.floor((view.byteLength - countOffset) / DxEntryLayout.size);
  for (let slot = 0; slot < Math.min(count, room); slot++) {
    specimen.add(tablePart(DxEntryLayout, at(countOffset + slot * DxEntryLayout.size, `${slot} in `)));
  }
  const tail = countOffset + limit * DxEntryLayout.size;
  if (seal !== null && tail + DxTailLayout.size <= view.byteLength)
    specimen.add(tablePart(DxTailLayout, { ...at(tail), seal: null }));
}

function indexSeal(
  { blockSize }: Specimen,
  { seed }: DissectedInode,
  offset: number,
  countOffset: number,
): Seal | null {
  if (seed === null) return null;
  return (disk) =>
    amend(disk, offset, blockSize, (view) => {
      const { limit, count } = DxCountLimitLayout.at(view, countOffset);
      const tail = countOffset + limit * DxEntryLayout.size;
      if (count > limit || tail + DxTailLayout.size > blockSize) return;
      const crc = directoryIndexChecksum(seed, bytesOf(view), countOffset, limit, count);
      DxTailLayout.at(view, tail).checksum = crc;
    });
}
