import type { BufferHead } from '../../buffer/buffer-head.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { Corruption } from '../../lib/corruption.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import {
  DOT_DOT_OFFSET,
  entryFileType,
  entryIno,
  entryLength,
  entryName,
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
} from './block.ts';
import { appendDirectoryBlock, directoryBlocks, readDirectoryBlock } from './io.ts';
import { linearize } from './linearize.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import type { Inode } from '../inode/inode.ts';
import { entryBytes } from '../layout/directory.ts';

/**
 * Names in a directory, as bytes, found by a linear scan that is right for indexed directories, too. The caller holds
 * the directory's i_rwsem: for reading to look, for writing to change.
 */

/** Where an entry stands; good until the directory changes. */
export interface DirectoryPosition {
  readonly buffer: BufferHead;
  /** Bytes in the block. */
  readonly offset: number;
  readonly ino: number;
  /** EXT4_FT_* */
  readonly fileType: number;
}

export interface DirectoryEntry {
  readonly name: Uint8Array;
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

/** The entry with this name, or null (ext4_find_entry). */
export function* findEntry(dir: Inode, name: Uint8Array): Sleepable<DirectoryPosition | null> {
  const blocks = directoryBlocks(dir);
  for (let logical = 0; logical < blocks; logical++) {
    const buffer = yield* readDirectoryBlock(dir, logical);
    const offset = findInBlock(buffer.data, name);
    if (offset >= 0) return positionAt(buffer, offset);
  }
  return null;
}

function positionAt(buffer: BufferHead, offset: number): DirectoryPosition {
  const { data } = buffer;
  return { buffer, offset, ino: entryIno(data, offset), fileType: entryFileType(data, offset) };
}

/**
 * Adds a name that is not there yet (ext4_add_entry): into the first slack that is large enough, else into a new block.
 * Sets the directory's times. Fails with ENOSPC before anything has changed, except that an index may be gone.
 */
export function* addEntry(
  handle: Handle,
  dir: Inode,
  name: Uint8Array,
  ino: number,
  fileType: number,
): Sleepable<void> {
  yield* linearize(handle, dir);
  const found = (yield* findBlockWithRoom(dir, name.length)) ?? (yield* appendLeaf(handle, dir));
  yield* handle.getWriteAccess(found);
  insertAt(found.data, findRoom(found.data, name.length), ino, fileType, name);
  handle.dirtyMetadata(found);
  dir.mtime = dir.ctime = dir.sb.now;
  yield* markInodeDirty(handle, dir);
}

function* findBlockWithRoom(dir: Inode, nameLength: number): Sleepable<BufferHead | null> {
  const needed = entryBytes(nameLength);
  const blocks = directoryBlocks(dir);
  for (let logical = 0; logical < blocks; logical++) {
    const buffer = yield* readDirectoryBlock(dir, logical);
    const room = roomOf(buffer);
    if (room !== null && room.bytes < needed) continue;
    if (findRoom(buffer.data, nameLength) >= 0) return buffer;
    buffer.cached = new Room(largestSlack(buffer.data));
  }
  return null;
}

function* appendLeaf(handle: Handle, dir: Inode): Sleepable<BufferHead> {
  const { hasChecksums } = dir.sb;
  return yield* appendDirectoryBlock(handle, dir, (data) => initializeLeaf(data, hasChecksums));
}

/** Removes an entry (ext4_delete_entry). The caller sets the directory's times and writes them. */
export function* removeEntry(handle: Handle, position: DirectoryPosition): Sleepable<void> {
  const { buffer, offset } = position;
  yield* handle.getWriteAccess(buffer);
  removeAt(buffer.data, offset);
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
  const { buffer, offset } = position;
  yield* handle.getWriteAccess(buffer);
  setEntryIno(buffer.data, offset, ino);
  setEntryFileType(buffer.data, offset, fileType);
  handle.dirtyMetadata(buffer);
}

/** Gives a new directory its first block with . and .. (ext4_init_new_dir). */
export function* initializeDirectory(handle: Handle, dir: Inode, parentIno: number): Sleepable<void> {
  const { hasChecksums } = dir.sb;
  yield* appendDirectoryBlock(handle, dir, (data) => {
    initializeFirstBlock(data, dir.ino, parentIno, hasChecksums);
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
  return positionAt(yield* readFirstBlock(dir), DOT_DOT_OFFSET);
}

/** Nothing but . and ..? (ext4_empty_dir) */
export function* isEmptyDirectory(dir: Inode): Sleepable<boolean> {
  const first = yield* readFirstBlock(dir);
  const afterDots = DOT_DOT_OFFSET + entryLength(first.data, DOT_DOT_OFFSET);
  if (hasEntries(first.data, afterDots)) return false;
  const blocks = directoryBlocks(dir);
  for (let logical = 1; logical < blocks; logical++) {
    const buffer = yield* readDirectoryBlock(dir, logical);
    if (hasEntries(buffer.data, 0)) return false;
  }
  return true;
}

/** All names in the order of the disk, with . and .. (ext4_readdir without the hash order of an index). */
export function* listEntries(dir: Inode): Sleepable<DirectoryEntry[]> {
  const entries: DirectoryEntry[] = [];
  const blocks = directoryBlocks(dir);
  for (let logical = 0; logical < blocks; logical++) {
    const { data } = yield* readDirectoryBlock(dir, logical);
    for (let at = 0; at < data.length; at += entryLength(data, at)) {
      const ino = entryIno(data, at);
      if (ino === 0) continue;
      entries.push({ name: entryName(data, at).slice(), ino, fileType: entryFileType(data, at) });
    }
  }
  return entries;
}
