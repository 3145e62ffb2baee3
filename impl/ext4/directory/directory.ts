import type { BufferHead } from '../../buffer/buffer-head.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { assert } from '../../lib/assert.ts';
import { Corruption } from '../../lib/corruption.ts';
import { ready, type Sleepable } from '../../sched/sleepable.ts';
import { isInline } from '../inline/inline-data.ts';
import {
  addInlineEntry,
  changeInlineEntry,
  findInlineEntry,
  initializeInline,
  inlineParent,
  isEmptyInline,
  listInline,
  type InlinePosition,
} from '../inline/inline-directory.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { EXT4_CASEFOLD_FL, EXT4_INDEX_FL, type Inode } from '../inode/inode.ts';
import { entryBytes, EXT4_FT_DIR } from '../layout/directory.ts';
import { BadIndex } from './bad-index.ts';
import {
  DOT_DOT_OFFSET,
  entryAt,
  entryFileType,
  entryIno,
  entryLength,
  nextEntry,
  findInBlock,
  findRoom,
  hasDots,
  hasEntries,
  initializeFirstBlock,
  initializeLeaf,
  insertAt,
  largestSlack,
  removeAt,
  setEntryFileType,
  setEntryIno,
  type DirectoryEntry,
} from './block.ts';
import { hasDirectoryIndexes, isIndexed } from './index-block.ts';
import { roomInIndex } from './index-insert.ts';
import { probe, readIndexRoot, readLeaf } from './index-path.ts';
import {
  appendDirectoryBlock,
  directoryBlocks,
  knownDirectoryBlock,
  leafSeal,
  holeBlocks,
  readDirectoryBlock,
  scanDirectoryBlock,
} from './io.ts';
import { makeIndex } from './make-index.ts';
import { storedType } from './stored-type.ts';

/**
 * Names in a directory, as bytes: found through its index, or by a linear scan, which is right for indexed directories,
 * too. The caller holds the directory's i_rwsem: for reading to look, for writing to change.
 */

/** Where an entry stands; good until the directory changes. */
export interface DirectoryPosition {
  readonly dir: Inode;
  readonly buffer: BufferHead;
  /** Bytes in the block. */
  readonly offset: number;
  readonly ino: number;
  /** EXT4_FT_* */
  readonly fileType: number;
}

/** Kept on a leaf's buffer: no entry of the block has more slack than this, so a search for more skips it. */
class Room {
  bytes: number;

  constructor(bytes: number) {
    this.bytes = bytes;
  }
}

const roomOf = (buffer: BufferHead): Room | null => (buffer.cached instanceof Room ? buffer.cached : null);

/** What was kept of an entry's block is not true any more, but for how much room it has at most: that only grows where an entry goes. */
function forgetNames(buffer: BufferHead): void {
  if (roomOf(buffer) === null) buffer.cached = null;
}

/** The entry with this name, or null (ext4_find_entry). A damaged index does not hide the names. */
export function findEntry(dir: Inode, name: Uint8Array): Sleepable<DirectoryPosition | null> {
  if (isIndexed(dir)) return findInIndexed(dir, name);
  // Most directories have one block, and it is in memory.
  const only = dir.size === dir.sb.geometry.blockSize ? knownDirectoryBlock(dir, 0) : null;
  if (only !== null) return ready(findInLeaf(dir, only, name));
  return isInline(dir) ? findInInode(dir, name) : findByScan(dir, name);
}

function* findInInode(dir: Inode, name: Uint8Array): Sleepable<DirectoryPosition | null> {
  return inlinePosition(dir, yield* findInlineEntry(dir, name));
}

function findInLeaf(dir: Inode, buffer: BufferHead, name: Uint8Array): DirectoryPosition | null {
  const offset = findInBlock(buffer.data, name);
  return offset < 0 ? null : positionAt(dir, buffer, offset);
}

function* findInIndexed(dir: Inode, name: Uint8Array): Sleepable<DirectoryPosition | null> {
  // The index of a casefolded directory goes by hashes of folded names.
  if ((dir.flags & EXT4_CASEFOLD_FL) !== 0) return yield* findByScan(dir, name);
  try {
    return yield* findByHash(dir, name);
  } catch (error) {
    if (!(error instanceof BadIndex)) throw error;
  }
  return yield* findByScan(dir, name);
}

function* findByScan(dir: Inode, name: Uint8Array): Sleepable<DirectoryPosition | null> {
  const blocks = directoryBlocks(dir);
  for (let logical = 0; logical < blocks; logical++) {
    const buffer = yield* scanDirectoryBlock(dir, logical, blocks - logical);
    const found = buffer === null ? null : findInLeaf(dir, buffer, name);
    if (found !== null) return found;
    if (buffer === null) logical += holeBlocks(dir, logical, blocks) - 1;
  }
  return null;
}

/** ext4_dx_find_entry: in the leaf of the name's hash, and those after it in which that hash goes on. Throws BadIndex. */
function* findByHash(dir: Inode, name: Uint8Array): Sleepable<DirectoryPosition | null> {
  const root = yield* readIndexRoot(dir);
  const { major } = dir.sb.directoryHash.of(root.version, name);
  const path = yield* probe(dir, root, major);
  do {
    const found = findInLeaf(dir, yield* readLeaf(dir, path.leaf), name);
    if (found !== null) return found;
  } while ((yield* path.next(major)) !== null);
  return null;
}

const inlinePosition = (dir: Inode, found: InlinePosition | null): DirectoryPosition | null =>
  found === null ? null : { dir, buffer: found.table, ...found };

function positionAt(dir: Inode, buffer: BufferHead, offset: number): DirectoryPosition {
  const { data } = buffer;
  return { dir, buffer, offset, ino: entryIno(data, offset), fileType: entryFileType(data, offset) };
}

/**
 * Adds a name that is not there yet (ext4_add_entry): where its hash belongs in an indexed directory, else into the first
 * slack that is large enough, else into a new block. A directory that outgrows its first block gets an index. Sets the
 * directory's times. Fails with ENOSPC: the name is not there then, but the index may have changed its shape.
 */
export function* addEntry(
  handle: Handle,
  dir: Inode,
  name: Uint8Array,
  ino: number,
  fileType: number,
): Sleepable<void> {
  const type = storedType(dir, fileType);
  if (isInline(dir) && (yield* addInlineEntry(handle, dir, name, ino, type))) {
    return yield* noteNewName(handle, dir);
  }
  const buffer = isIndexed(dir)
    ? yield* roomOfIndexed(handle, dir, name)
    : ((yield* findBlockWithRoom(handle, dir, name.length)) ?? (yield* grow(handle, dir, name)));
  yield* handle.getWriteAccess(buffer);
  const offset = findRoom(buffer.data, name.length);
  assert(offset >= 0, () => `no room in block ${buffer.block} for a name of ${name.length} bytes`);
  insertAt(buffer.data, offset, ino, type, name);
  forgetNames(buffer);
  handle.dirtyMetadata(buffer);
  yield* noteNewName(handle, dir);
}

function* noteNewName(handle: Handle, dir: Inode): Sleepable<void> {
  dir.mtime = dir.ctime = dir.sb.now;
  dir.version++;
  yield* markInodeDirty(handle, dir);
}

/**
 * A damaged index is given up, as far as it has no checksums; with them a leaf and a block of the index cannot be told
 * from each other without it.
 */
function* roomOfIndexed(handle: Handle, dir: Inode, name: Uint8Array): Sleepable<BufferHead> {
  try {
    return yield* roomInIndex(handle, dir, name);
  } catch (error) {
    if (!(error instanceof BadIndex) || dir.sb.hasChecksums) throw error;
  }
  dir.flags &= ~EXT4_INDEX_FL;
  yield* markInodeDirty(handle, dir);
  return (yield* findBlockWithRoom(handle, dir, name.length)) ?? (yield* appendLeaf(handle, dir));
}

/** The first one; a hole becomes a block, unless it begins the directory. */
function* findBlockWithRoom(handle: Handle, dir: Inode, nameLength: number): Sleepable<BufferHead | null> {
  const needed = entryBytes(nameLength);
  const blocks = directoryBlocks(dir);
  for (let logical = 0; logical < blocks; logical++) {
    const buffer =
      logical === 0
        ? yield* readDirectoryBlock(dir, 0)
        : yield* scanDirectoryBlock(dir, logical, blocks - logical);
    if (buffer === null) return yield* appendLeaf(handle, dir, logical);
    const room = roomOf(buffer);
    if (room !== null && room.bytes < needed) continue;
    if (findRoom(buffer.data, nameLength) >= 0) return buffer;
    buffer.cached = new Room(largestSlack(buffer.data));
  }
  return null;
}

/** More room for a directory whose blocks are full. One that has more than one block and no index never gets one. */
function* grow(handle: Handle, dir: Inode, name: Uint8Array): Sleepable<BufferHead> {
  if (!hasDirectoryIndexes(dir) || directoryBlocks(dir) !== 1) return yield* appendLeaf(handle, dir);
  return yield* makeIndex(handle, dir, yield* readDirectoryBlock(dir, 0), name);
}

function* appendLeaf(handle: Handle, dir: Inode, logical = directoryBlocks(dir)): Sleepable<BufferHead> {
  const { hasChecksums } = dir.sb;
  const initialize = (data: Uint8Array): void => initializeLeaf(data, hasChecksums);
  return yield* appendDirectoryBlock(handle, dir, leafSeal(dir), initialize, logical);
}

/** Removes an entry (ext4_delete_entry). The caller sets the directory's times and writes them. */
export function* removeEntry(handle: Handle, position: DirectoryPosition): Sleepable<void> {
  const { dir, buffer, offset } = position;
  if (isInline(dir)) {
    dir.version++;
    return yield* changeInlineEntry(handle, dir, { offset, table: buffer }, null);
  }
  yield* handle.getWriteAccess(buffer);
  removeAt(buffer.data, offset);
  dir.version++;
  buffer.cached = null;
  handle.dirtyMetadata(buffer);
}

/** Lets an entry name another inode (ext4_setent). The caller sets the directory's times and writes them. */
export function* setEntry(
  handle: Handle,
  position: DirectoryPosition,
  ino: number,
  fileType: number,
): Sleepable<void> {
  const { dir, buffer, offset } = position;
  const type = storedType(dir, fileType);
  if (isInline(dir)) {
    dir.version++;
    return yield* changeInlineEntry(handle, dir, { offset, table: buffer }, { ino, fileType: type });
  }
  yield* handle.getWriteAccess(buffer);
  dir.version++;
  setEntryIno(buffer.data, offset, ino);
  setEntryFileType(buffer.data, offset, type);
  forgetNames(buffer);
  handle.dirtyMetadata(buffer);
}

/** Gives a new directory its first block with . and .. (ext4_init_new_dir). */
export function* initializeDirectory(handle: Handle, dir: Inode, parentIno: number): Sleepable<void> {
  if (dir.mayInline && (yield* initializeInline(handle, dir, parentIno))) return;
  const { hasChecksums } = dir.sb;
  yield* appendDirectoryBlock(handle, dir, leafSeal(dir), (data) => {
    initializeFirstBlock(data, { ino: dir.ino, parentIno, type: storedType(dir, EXT4_FT_DIR) }, hasChecksums);
  });
}

/** The first block, in which . and .. are what they must be. */
function* readFirstBlock(dir: Inode): Sleepable<BufferHead> {
  if (dir.size === 0) throw new Corruption(`directory ${dir.ino}`, 'size', 0, 'at least one block');
  const buffer = yield* readDirectoryBlock(dir, 0);
  if (hasDots(buffer.data, dir.ino)) return buffer;
  throw new Corruption(`block 0 of directory ${dir.ino}`, 'entries', 'others', '. and ..');
}

/** The entry for .. of a directory that is not removed (ext4_get_first_dir_block). */
export function* parentEntry(dir: Inode): Sleepable<DirectoryPosition> {
  if (isInline(dir)) {
    const found = yield* inlineParent(dir);
    return { dir, buffer: found.table, ...found };
  }
  return positionAt(dir, yield* readFirstBlock(dir), DOT_DOT_OFFSET);
}

/** Nothing but . and ..? Nobody can say so of a damaged one (ext4_empty_dir). */
export function* isEmptyDirectory(dir: Inode): Sleepable<boolean> {
  if (isInline(dir)) return yield* isEmptyInline(dir);
  try {
    return yield* hasOnlyDots(dir);
  } catch (error) {
    if (!(error instanceof Corruption)) throw error;
    yield* dir.sb.health.corrupted(error);
    return false;
  }
}

function* hasOnlyDots(dir: Inode): Sleepable<boolean> {
  const first = yield* readFirstBlock(dir);
  const afterDots = DOT_DOT_OFFSET + entryLength(first.data, DOT_DOT_OFFSET);
  if (hasEntries(first.data, afterDots)) return false;
  const blocks = directoryBlocks(dir);
  for (let logical = 1; logical < blocks; logical++) {
    const buffer = yield* scanDirectoryBlock(dir, logical, blocks - logical);
    if (buffer === null) logical += holeBlocks(dir, logical, blocks) - 1;
    else if (hasEntries(buffer.data, 0)) return false;
  }
  return true;
}

/** All names in the order of the disk, with . and .. (reading/ has the kernel's order, step by step). */
export function* listEntries(dir: Inode): Sleepable<DirectoryEntry[]> {
  if (isInline(dir)) return yield* listInline(dir);
  const entries: DirectoryEntry[] = [];
  const blocks = directoryBlocks(dir);
  for (let logical = 0; logical < blocks; logical++) {
    const buffer = yield* scanDirectoryBlock(dir, logical, blocks - logical);
    if (buffer === null) {
      // The index leads to every block: there should be one.
      if (isIndexed(dir)) yield* readDirectoryBlock(dir, logical);
      logical += holeBlocks(dir, logical, blocks) - 1;
      continue;
    }
    const { data } = buffer;
    for (let at = 0; at < data.length; at = nextEntry(data, at)) {
      if (entryIno(data, at) !== 0) entries.push(entryAt(data, at));
    }
  }
  return entries;
}
