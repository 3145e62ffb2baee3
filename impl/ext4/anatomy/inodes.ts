import { inodeSeed, setInodeChecksum } from '../integrity/checksum.ts';
import { InodeLayout, type RawInode } from '../layout/inode.ts';
import type { DissectedGroup } from './groups.ts';
import { tablePart, type Seal } from './part.ts';
import { amend, bytesOf, viewAt, type Specimen } from './specimen.ts';

/** Enough to be of every kind. */
const INODES_MAX = 600;

/** An inode in use, where it lies. */
export interface DissectedInode {
  readonly ino: number;
  /** Byte on the device. */
  readonly offset: number;
  readonly raw: RawInode;
  readonly seal: Seal | null;
  /** Register for what belongs to the inode; null without metadata_csum. */
  readonly seed: number | null;
}

/** Every inode that its bitmap calls used. */
export function dissectInodes(specimen: Specimen, groups: readonly DissectedGroup[]): DissectedInode[] {
  const found: DissectedInode[] = [];
  for (const group of groups) {
    const bitmap = specimen.block(group.inodeBitmap);
    if (bitmap === null) continue;
    for (const index of usedIn(bytesOf(bitmap), specimen.raw.inodesPerGroup)) {
      if (found.length === INODES_MAX) return found;
      const inode = dissectInode(specimen, group, index);
      if (inode !== null) found.push(inode);
    }
  }
  return found;
}

function* usedIn(bits: Uint8Array, count: number): Generator<number> {
  const most = Math.min(count, bits.length * 8);
  for (let index = 0; index < most; index++) if (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) yield index;
}

function dissectInode(specimen: Specimen, group: DissectedGroup, index: number): DissectedInode | null {
  const { disk, blockSize, inodeSize, checksumSeed } = specimen;
  const offset = group.inodeTable * blockSize + index * inodeSize;
  if (offset + inodeSize > disk.sizeBytes) return null;
  const raw = InodeLayout.at(viewAt(disk, offset, Math.max(inodeSize, InodeLayout.size)));
  // Reserved numbers count as used although nothing may stand there.
  if (raw.mode === 0) return null;
  const ino = group.number * specimen.raw.inodesPerGroup + index + 1;
  const seal: Seal | null =
    checksumSeed === null
      ? null
      : (target) =>
          amend(target, offset, inodeSize, (view) => {
            // The damage may be to the generation, which is part of the seed.
            const damaged = InodeLayout.at(view);
            setInodeChecksum(inodeSeed(checksumSeed, ino, damaged.generation), damaged, inodeSize);
          });
  const size = Math.min(inodeSize, InodeLayout.size);
  specimen.add(tablePart(InodeLayout, { place: String(ino), offset, seal }, size));
  const seed = checksumSeed === null ? null : inodeSeed(checksumSeed, ino, raw.generation);
  return { ino, offset, raw, seal, seed };
}
