import type { BufferHead } from '../../buffer/buffer-head.ts';
import { Corruption } from '../../lib/corruption.ts';
import { directoryIndexChecksum, inodeSeed } from '../integrity/checksum.ts';
import { entryIno, entryLength } from './block.ts';
import {
  DX_NODE_COUNT_OFFSET,
  DX_ROOT_COUNT_OFFSET,
  DX_ROOT_INFO_OFFSET,
  DxCountLimitLayout,
  DxEntryLayout,
  DxRootInfoLayout,
  DxTailLayout,
} from '../layout/directory-index.ts';
import { EXT4_INDEX_FL, type Inode } from '../inode/inode.ts';
import { DirectoryIndexSeal } from '../integrity/seals.ts';

/**
 * Hash-indexed directories (EXT4_INDEX_FL). To a linear scan the blocks of the index look like free space, so reading
 * needs nothing of this; here is what keeps their own rules: limits and checksums.
 */

/** Levels of inner nodes that a root may announce without the feature large_dir. */
const INDIRECT_LEVELS_MAX = 1;

const hasIndex = (dir: Inode): boolean => (dir.flags & EXT4_INDEX_FL) !== 0;

/**
 * Is this block part of the index? The root is block 0. An inner node pretends to be one free entry over the whole
 * block; with checksums no leaf looks so, because of its tail, and without them a free leaf may well be taken for a node.
 */
export function isIndexBlock(dir: Inode, logical: number, data: Uint8Array): boolean {
  if (!hasIndex(dir)) return false;
  if (logical === 0) return true;
  return entryIno(data, 0) === 0 && entryLength(data, 0) === data.length;
}

const countOffset = (logical: number): number =>
  logical === 0 ? DX_ROOT_COUNT_OFFSET : DX_NODE_COUNT_OFFSET;

/** Checks limits and checksum of an index block from the disk (dx_probe, ext4_dx_csum_verify), and sets its seal. */
export function checkIndexBlock(dir: Inode, logical: number, buffer: BufferHead): void {
  if (logical === 0) checkRoot(dir, buffer);
  const { sb } = dir;
  if (!sb.hasChecksums) return;
  const offset = countOffset(logical);
  const place = `block ${logical} of directory ${dir.ino}`;
  const { limit, count } = DxCountLimitLayout.at(buffer.view, offset);
  const limitMax = Math.floor((sb.geometry.blockSize - offset - DxTailLayout.size) / DxEntryLayout.size);
  if (limit !== limitMax) throw new Corruption(`dx_countlimit in ${place}`, 'limit', limit, `${limitMax}`);
  if (count > limit) throw new Corruption(`dx_countlimit in ${place}`, 'count', count, `at most ${limit}`);
  const seed = inodeSeed(sb.checksumSeed, dir.ino, dir.generation);
  const expected = directoryIndexChecksum(seed, buffer.data, offset, limit, count);
  const tail = DxTailLayout.at(buffer.view, offset + limit * DxEntryLayout.size);
  if (tail.checksum !== expected)
    throw new Corruption(`dx_tail in ${place}`, 'checksum', tail.checksum, `${expected}`);
  buffer.seal = new DirectoryIndexSeal(seed, offset);
}

function checkRoot(dir: Inode, buffer: BufferHead): void {
  const info = DxRootInfoLayout.at(buffer.view, DX_ROOT_INFO_OFFSET);
  const wrong = (field: string, found: number, expected: string): never => {
    throw new Corruption(`dx_root_info of directory ${dir.ino}`, field, found, expected);
  };
  if (info.reservedZero !== 0) wrong('reserved_zero', info.reservedZero, '0');
  if (info.infoLength !== DxRootInfoLayout.size)
    wrong('info_length', info.infoLength, `${DxRootInfoLayout.size}`);
  if (info.indirectLevels > INDIRECT_LEVELS_MAX) {
    wrong('indirect_levels', info.indirectLevels, `at most ${INDIRECT_LEVELS_MAX}`);
  }
}
