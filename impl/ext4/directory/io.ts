import type { BufferHead, Seal } from '../../buffer/buffer-head.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { BadChecksum, Corruption } from '../../lib/corruption.ts';
import { ready, type Sleepable } from '../../sched/sleepable.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import type { Inode } from '../inode/inode.ts';
import { directoryLeafChecksum } from '../integrity/checksum.ts';
import { DirectoryLeafSeal } from '../integrity/seals.ts';
import { DirectoryTailLayout } from '../layout/directory.ts';
import { maxBytesOf } from '../mapping/block-map.ts';
import { knownMapping, mapBlocks } from '../mapping/map-blocks.ts';
import { checkBlock } from './block.ts';
import { checkIndexChecksum, isIndexBlock } from './index-block.ts';

/** How directory blocks come from the disk and how new ones are made. The caller holds the directory's i_rwsem. */

/** Blocks of the directory, holes among them; what is behind the last whole one does not count, nor what no map reaches. */
export const directoryBlocks = (dir: Inode): number =>
  Math.floor(Math.min(dir.size, maxBytesOf(dir)) / dir.sb.geometry.blockSize);

/** The most blocks that are read before somebody asks for them. */
const READ_AHEAD_MAX_BLOCKS = 32;

/** A block of the directory that must be there, checked since it was read (__ext4_read_dirblock). */
export function readDirectoryBlock(dir: Inode, logical: number): Sleepable<BufferHead> {
  const known = knownDirectoryBlock(dir, logical);
  return known === null ? readMapped(dir, logical) : ready(known);
}

function* readMapped(dir: Inode, logical: number): Sleepable<BufferHead> {
  const buffer = yield* readFromDisk(dir, logical, 1);
  if (buffer !== null) return buffer;
  throw new Corruption(`directory ${dir.ino}`, `block ${logical}`, 'hole', 'a mapped block');
}

/**
 * The same for who goes through all names without an index: null in a hole, which has none. `wanted` blocks from this one on
 * will be asked for, too: those of them that lie behind it on the device come with it (ext4_bread_batch).
 */
export function scanDirectoryBlock(
  dir: Inode,
  logical: number,
  wanted: number,
): Sleepable<BufferHead | null> {
  const known = knownDirectoryBlock(dir, logical);
  return known === null ? readFromDisk(dir, logical, wanted) : ready(known);
}

/** Blocks of the hole that begins at `logical`, where scanDirectoryBlock has just met one; up to `end`. */
export const holeBlocks = (dir: Inode, logical: number, end: number): number =>
  knownMapping(dir, logical, end - logical)?.length ?? 1;

/** The block if it is in memory and was checked; null says nothing about whether there is such a block. */
export function knownDirectoryBlock(dir: Inode, logical: number): BufferHead | null {
  const physical = knownMapping(dir, logical, 1)?.physical ?? -1;
  const buffer = physical < 0 ? null : dir.sb.cache.find(physical);
  return buffer?.uptodate === true && buffer.verified ? buffer : null;
}

function* readFromDisk(dir: Inode, logical: number, wanted: number): Sleepable<BufferHead | null> {
  const { physical, length } = yield* mapBlocks(null, dir, logical, wanted, 'lookup');
  if (physical < 0) return null;
  const { cache } = dir.sb;
  if (length > 1) yield* cache.readAhead(physical, Math.min(length, READ_AHEAD_MAX_BLOCKS));
  const buffer = yield* cache.bread(physical);
  if (!buffer.verified) verify(dir, logical, buffer);
  return buffer;
}

/** Its checksum comes first, as in __ext4_read_dirblock(): of bytes that are not the directory's nothing else needs to be said. */
function verify(dir: Inode, logical: number, buffer: BufferHead): void {
  const { sb } = dir;
  const index = isIndexBlock(dir, logical, buffer.data);
  const place = `block ${logical} of directory ${dir.ino}`;
  if (sb.hasChecksums) {
    if (index) checkIndexChecksum(dir, logical, buffer);
    else checkLeafChecksum(dir, buffer, place);
  }
  checkBlock(buffer.data, sb.geometry.inodes, sb.hasChecksums && !index, place);
  buffer.verified = true;
}

function checkLeafChecksum(dir: Inode, buffer: BufferHead, place: string): void {
  const seed = dir.checksumSeed;
  const tail = DirectoryTailLayout.at(buffer.view, buffer.data.length - DirectoryTailLayout.size);
  const found = tail.checksum;
  const expected = directoryLeafChecksum(seed, buffer.data);
  if (found !== expected)
    throw new BadChecksum(`ext4_dir_entry_tail of ${place}`, 'checksum', found, `${expected}`);
  buffer.seal = new DirectoryLeafSeal(seed);
}

/** What gives a leaf its checksum, or null without checksums. */
export function leafSeal(dir: Inode): Seal | null {
  return dir.sb.hasChecksums ? new DirectoryLeafSeal(dir.checksumSeed) : null;
}

/**
 * A new block at the end of the directory, or in a hole of it at `logical`, filled by `initialize` and with the checksum of
 * `seal` (ext4_append). Fails with ENOSPC before anything has changed.
 */
export function* appendDirectoryBlock(
  handle: Handle,
  dir: Inode,
  seal: Seal | null,
  initialize: (data: Uint8Array) => void,
  logical = directoryBlocks(dir),
): Sleepable<BufferHead> {
  if ((logical + 1) * dir.sb.geometry.blockSize > maxBytesOf(dir))
    throw new Corruption(`ext4_inode ${dir.ino}`, 'size', dir.size, `less than ${maxBytesOf(dir)}`);
  const { physical, isNew } = yield* mapBlocks(handle, dir, logical, 1, 'create');
  if (!isNew) throw new Corruption(`directory ${dir.ino}`, `block ${logical}`, 'mapped', 'nothing there yet');
  const buffer = dir.sb.cache.getblk(physical);
  yield* handle.getCreateAccess(buffer);
  initialize(buffer.data);
  becomeKnown(buffer, seal);
  handle.dirtyMetadata(buffer);
  if (logical >= directoryBlocks(dir)) dir.size += dir.sb.geometry.blockSize;
  dir.diskSize = dir.size;
  yield* markInodeDirty(handle, dir);
  return buffer;
}

/** We wrote the whole block: its contents need no check, and this is what it is from now on. */
export function becomeKnown(buffer: BufferHead, seal: Seal | null): void {
  buffer.uptodate = true;
  buffer.verified = true;
  buffer.cached = null;
  buffer.seal = seal;
}
