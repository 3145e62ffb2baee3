import type { BufferHead } from '../../buffer/buffer-head.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { Corruption } from '../../lib/corruption.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { directoryLeafChecksum, inodeSeed } from '../integrity/checksum.ts';
import { checkBlock } from './block.ts';
import { checkIndexBlock, isIndexBlock } from './index-block.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import type { Inode } from '../inode/inode.ts';
import { knownMapping, mapBlocks } from '../mapping/map-blocks.ts';
import { DirectoryLeafSeal } from '../integrity/seals.ts';

/** How directory blocks come from the disk and how new ones are made. The caller holds the directory's i_rwsem. */

/** Blocks of the directory. Every one of them must be mapped. */
export function directoryBlocks(dir: Inode): number {
  const { blockSize } = dir.sb.geometry;
  if (dir.size % blockSize === 0) return dir.size / blockSize;
  throw new Corruption(
    `ext4_inode ${dir.ino}`,
    'size',
    dir.size,
    `a multiple of ${blockSize} in a directory`,
  );
}

/** A block of the directory, checked since it was read (__ext4_read_dirblock). */
export function* readDirectoryBlock(dir: Inode, logical: number): Sleepable<BufferHead> {
  const { physical } = knownMapping(dir, logical, 1) ?? (yield* mapBlocks(null, dir, logical, 1, 'lookup'));
  if (physical < 0)
    throw new Corruption(`directory ${dir.ino}`, `block ${logical}`, 'hole', 'a mapped block');
  const { cache } = dir.sb;
  const buffer = cache.cached(physical) ?? (yield* cache.bread(physical));
  if (!buffer.verified) verify(dir, logical, buffer);
  return buffer;
}

function verify(dir: Inode, logical: number, buffer: BufferHead): void {
  const { sb } = dir;
  const index = isIndexBlock(dir, logical, buffer.data);
  const place = `block ${logical} of directory ${dir.ino}`;
  checkBlock(buffer.data, sb.geometry.inodes, sb.hasChecksums && !index, place);
  if (index) checkIndexBlock(dir, logical, buffer);
  else if (sb.hasChecksums) checkLeafChecksum(dir, buffer, place);
  buffer.verified = true;
}

function checkLeafChecksum(dir: Inode, buffer: BufferHead, place: string): void {
  const seed = inodeSeed(dir.sb.checksumSeed, dir.ino, dir.generation);
  const found = buffer.view.getUint32(buffer.data.length - 4, true);
  const expected = directoryLeafChecksum(seed, buffer.data);
  if (found !== expected)
    throw new Corruption(`ext4_dir_entry_tail of ${place}`, 'checksum', found, `${expected}`);
  buffer.seal = new DirectoryLeafSeal(seed);
}

/** From now on the block is a leaf that we made: its contents need no check, and its checksum is a leaf's. */
export function becomeLeaf(dir: Inode, buffer: BufferHead): void {
  const { sb } = dir;
  buffer.uptodate = true;
  buffer.verified = true;
  buffer.cached = null;
  buffer.seal = sb.hasChecksums
    ? new DirectoryLeafSeal(inodeSeed(sb.checksumSeed, dir.ino, dir.generation))
    : null;
}

/**
 * A new block at the end of the directory, filled by `initialize` (ext4_append). Fails with ENOSPC before anything
 * has changed.
 */
export function* appendDirectoryBlock(
  handle: Handle,
  dir: Inode,
  initialize: (data: Uint8Array) => void,
): Sleepable<BufferHead> {
  const logical = directoryBlocks(dir);
  const { physical } = yield* mapBlocks(handle, dir, logical, 1, 'create');
  const buffer = dir.sb.cache.getblk(physical);
  yield* handle.getCreateAccess(buffer);
  initialize(buffer.data);
  becomeLeaf(dir, buffer);
  handle.dirtyMetadata(buffer);
  dir.size += dir.sb.geometry.blockSize;
  dir.diskSize = dir.size;
  yield* markInodeDirty(handle, dir);
  return buffer;
}
