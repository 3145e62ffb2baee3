import { join } from '../../lib/struct.ts';
import { xattrBlockChecksum } from '../integrity/checksum.ts';
import { EXT4_GOOD_OLD_INODE_SIZE } from '../layout/inode.ts';
import {
  EXT4_XATTR_MAGIC,
  XATTR_LIST_END_BYTES,
  XattrEntryLayout,
  xattrEntryBytes,
  XattrHeaderLayout,
  XattrInodeHeaderLayout,
} from '../layout/xattr.ts';
import type { DissectedInode } from './inodes.ts';
import { bytesPart, tablePart, type Seal } from './part.ts';
import { amend, bytesOf, viewAt, type Specimen } from './specimen.ts';

/** Of a value that becomes a part. */
const VALUE_BYTES_MAX = 64;

/** Where the value of an attribute lies in the tail of an inode. */
export interface TailValue {
  readonly nameIndex: number;
  /** Bytes: of the first on the device, and how many. */
  readonly offset: number;
  readonly length: number;
}

/** The attributes in the tail of an inode, and those in its block. Answers the values in the tail. */
export function dissectXattrs(specimen: Specimen, inode: DissectedInode): readonly TailValue[] {
  dissectBlock(specimen, inode);
  return dissectTail(specimen, inode);
}

function dissectBlock(specimen: Specimen, inode: DissectedInode): void {
  const block = join(inode.raw.fileAclHigh, inode.raw.fileAclLo);
  const view = block === 0 ? null : specimen.block(block);
  if (view === null || XattrHeaderLayout.at(view).magic !== EXT4_XATTR_MAGIC) return;
  const offset = block * specimen.blockSize;
  const seal = blockSeal(specimen, block);
  const place = `block ${block} of inode ${inode.ino}`;
  specimen.add(tablePart(XattrHeaderLayout, { place, offset, seal }));
  dissectArea(specimen, view, { place, offset, seal, first: XattrHeaderLayout.size, base: 0 });
}

function dissectTail(specimen: Specimen, { ino, offset, raw, seal }: DissectedInode): readonly TailValue[] {
  const { inodeSize, disk } = specimen;
  if (inodeSize <= EXT4_GOOD_OLD_INODE_SIZE) return [];
  const header = EXT4_GOOD_OLD_INODE_SIZE + raw.extraIsize;
  const first = header + XattrInodeHeaderLayout.size;
  if (raw.extraIsize === 0 || first + XATTR_LIST_END_BYTES > inodeSize) return [];
  const view = viewAt(disk, offset, inodeSize);
  if (XattrInodeHeaderLayout.at(view, header).magic !== EXT4_XATTR_MAGIC) return [];
  const place = `inode ${ino}`;
  specimen.add(tablePart(XattrInodeHeaderLayout, { place, offset: offset + header, seal }));
  return dissectArea(specimen, view, { place, offset, seal, first, base: first });
}

interface Area {
  readonly place: string;
  /** Byte on the device of the view's first. */
  readonly offset: number;
  readonly seal: Seal | null;
  /** Bytes in the view: of the first entry, and what offsets of values count from. */
  readonly first: number;
  readonly base: number;
}

function dissectArea(
  specimen: Specimen,
  view: DataView,
  { place, offset, seal, first, base }: Area,
): readonly TailValue[] {
  const values: TailValue[] = [];
  const end = view.byteLength - XattrEntryLayout.size;
  for (let at = first; at <= end && view.getUint32(at, true) !== 0;) {
    const where = { place: `at ${at} of ${place}`, seal };
    const entry = XattrEntryLayout.at(view, at);
    specimen.add(tablePart(XattrEntryLayout, { ...where, offset: offset + at }));
    const name = { ...where, offset: offset + at + XattrEntryLayout.size };
    if (entry.nameLength > 0) specimen.add(bytesPart('ext4_xattr_entry.name', name, entry.nameLength));
    const value = { nameIndex: entry.nameIndex, offset: offset + base + entry.valueOffset };
    const inside = base + entry.valueOffset + entry.valueSize <= view.byteLength;
    if (entry.valueInode === 0 && entry.valueSize > 0 && inside) {
      const length = Math.min(entry.valueSize, VALUE_BYTES_MAX);
      specimen.add(bytesPart('ext4_xattr_entry.value', { ...where, offset: value.offset }, length));
      values.push({ ...value, length: entry.valueSize });
    }
    at += xattrEntryBytes(entry.nameLength);
  }
  return values;
}

function blockSeal({ checksumSeed, blockSize }: Specimen, block: number): Seal | null {
  if (checksumSeed === null) return null;
  return (disk) =>
    amend(disk, block * blockSize, blockSize, (view) => {
      XattrHeaderLayout.at(view).checksum = xattrBlockChecksum(checksumSeed, block, bytesOf(view));
    });
}
