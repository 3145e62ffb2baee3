import { crc32c } from '../../lib/crc32c.ts';
import { InodeLayout } from '../layout/inode.ts';
import type { DissectedInode } from './inodes.ts';
import { bytesPart, type Bytes, type Seal } from './part.ts';
import { amend, type Specimen } from './specimen.ts';

/** Of one value. */
const BLOCKS_MAX = 16;

/**
 * The blocks of an attribute's value that has an inode of its own (the feature ea_inode). The seal puts the checksum in
 * i_atime right; the hash in the attribute's entry, which depends on it, stays what it was.
 */
export function dissectValueInode(
  specimen: Specimen,
  inode: DissectedInode,
  blocks: readonly number[],
): void {
  const { blockSize } = specimen;
  const size = Math.min(inode.raw.sizeLo, blocks.length * blockSize);
  const seal = valueSeal(specimen, inode, blocks, size);
  for (const [index, block] of blocks.slice(0, BLOCKS_MAX).entries()) {
    const length = Math.min(blockSize, size - index * blockSize);
    if (length <= 0 || specimen.block(block) === null) return;
    const place = `block ${index} of inode ${inode.ino}`;
    specimen.add(bytesPart('ea_inode value', { place, offset: block * blockSize, seal }, length));
  }
}

function valueSeal(
  { checksumSeed, blockSize, inodeSize, blocks: deviceBlocks }: Specimen,
  { offset, seal }: DissectedInode,
  blocks: readonly number[],
  size: number,
): Seal | null {
  if (checksumSeed === null || blocks.some((block) => block >= deviceBlocks)) return null;
  return (disk: Bytes) => {
    const value = new Uint8Array(blocks.length * blockSize);
    for (const [index, block] of blocks.entries())
      disk.read(block * blockSize, value.subarray(index * blockSize, (index + 1) * blockSize));
    const crc = crc32c(checksumSeed, value.subarray(0, size));
    amend(disk, offset, inodeSize, (view) => {
      InodeLayout.at(view).atime = crc;
    });
    seal?.(disk);
  };
}
