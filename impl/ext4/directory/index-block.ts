import type { BufferHead } from '../../buffer/buffer-head.ts';
import { BadChecksum, Corruption } from '../../lib/corruption.ts';
import { EXT4_INDEX_FL, type Inode } from '../inode/inode.ts';
import { directoryIndexChecksum } from '../integrity/checksum.ts';
import { DirectoryIndexSeal } from '../integrity/seals.ts';
import {
  DX_NODE_COUNT_OFFSET,
  DX_ROOT_COUNT_OFFSET,
  DxCountLimitLayout,
  DxEntryLayout,
  DxTailLayout,
} from '../layout/directory-index.ts';
import { COMPAT } from '../super/features.ts';
import { entryIno, entryLength } from './block.ts';

/**
 * The blocks of the index of a hash-indexed directory. To a linear scan they look like free space: the root hides behind
 * the entry for .. of block 0, an inner node behind one free entry over its whole block.
 */

/** Does the file system have indexed directories (dir_index)? Without the feature the flag of an inode means nothing. */
export const hasDirectoryIndexes = ({ sb }: Inode): boolean => (sb.features.compat & COMPAT.dir_index) !== 0;

/** Does the directory have an index (is_dx)? */
export const isIndexed = (dir: Inode): boolean =>
  (dir.flags & EXT4_INDEX_FL) !== 0 && hasDirectoryIndexes(dir);

/**
 * Is this block part of the index (is_dx_internal_node)? With checksums no leaf looks like an inner node, because of its
 * tail; without them an empty leaf may well be taken for one.
 */
export function isIndexBlock(dir: Inode, logical: number, data: Uint8Array): boolean {
  if (!isIndexed(dir)) return false;
  if (logical === 0) return true;
  return entryIno(data, 0) === 0 && entryLength(data, 0) === data.length;
}

/** Byte offset of dx_countlimit and the entries in a block of the index. */
export const countOffset = (logical: number): number =>
  logical === 0 ? DX_ROOT_COUNT_OFFSET : DX_NODE_COUNT_OFFSET;

/** The entries for which a block of the index has room (dx_root_limit, dx_node_limit). */
export function indexLimit({ sb }: Inode, offset: number): number {
  const tail = sb.hasChecksums ? DxTailLayout.size : 0;
  return Math.floor((sb.geometry.blockSize - offset - tail) / DxEntryLayout.size);
}

/** What gives a block of the index its checksum, or null without checksums. */
export function indexSeal(dir: Inode, offset: number): DirectoryIndexSeal | null {
  return dir.sb.hasChecksums ? new DirectoryIndexSeal(dir.checksumSeed, offset) : null;
}

/** Checks the checksum of an index block from the disk (ext4_dx_csum_verify), and sets its seal. */
export function checkIndexChecksum(dir: Inode, logical: number, buffer: BufferHead): void {
  const offset = countOffset(logical);
  const place = `block ${logical} of directory ${dir.ino}`;
  const { limit, count } = DxCountLimitLayout.at(buffer.view, offset);
  const limitMax = indexLimit(dir, offset);
  if (limit > limitMax) throw new Corruption(`dx_countlimit in ${place}`, 'limit', limit, `${limitMax}`);
  if (count > limit) throw new Corruption(`dx_countlimit in ${place}`, 'count', count, `at most ${limit}`);
  const expected = directoryIndexChecksum(dir.checksumSeed, buffer.data, offset, limit, count);
  const tail = DxTailLayout.at(buffer.view, offset + limit * DxEntryLayout.size);
  if (tail.checksum !== expected)
    throw new BadChecksum(`dx_tail in ${place}`, 'checksum', tail.checksum, `${expected}`);
  buffer.seal = indexSeal(dir, offset);
}
