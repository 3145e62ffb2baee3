import type { BufferHead } from '../../buffer/buffer-head.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { Corruption } from '../../lib/corruption.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import {
  checkBlock,
  entryAt,
  entryFileType,
  entryIno,
  entryLength,
  findInBlock,
  findRoom,
  hasEntries,
  initializeFirstBlock,
  initializeLeaf,
  insertAt,
  removeAt,
  setEntryFileType,
  setEntryIno,
  type DirectoryEntry,
} from '../directory/block.ts';
import { appendDirectoryBlock, leafSeal } from '../directory/io.ts';
import { storedType } from '../directory/stored-type.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { I_BLOCK_BYTES, type Inode } from '../inode/inode.ts';
import { entryBytes, EXT4_FT_DIR } from '../layout/directory.ts';
import {
  dropInline,
  growInline,
  inlineTail,
  largestInline,
  readInline,
  restoreInline,
  tableOf,
} from './inline-data.ts';

/**
 * Directories whose names lie in the inode. There is no entry for . and of .. only the number, in the first four bytes;
 * then entries fill i_block, and others the attribute, as if each were a block without a tail. A position counts bytes
 * from the beginning of i_block. The caller holds i_rwsem.
 */

/** EXT4_INLINE_DOTDOT_SIZE */
const PARENT_BYTES = 4;

/** Where an entry stands in the inode. */
export interface InlinePosition {
  readonly offset: number;
  readonly ino: number;
  /** EXT4_FT_* */
  readonly fileType: number;
  readonly table: BufferHead;
}

/** A part of the inode that entries fill, and where it begins. */
interface Region {
  readonly start: number;
  readonly data: Uint8Array;
}

/** The parts, checked; views, good as long as nothing sleeps. */
function regionsOf(dir: Inode, table: BufferHead): Region[] {
  const tail = inlineTail(dir, table);
  if (dir.size !== I_BLOCK_BYTES + tail.length) {
    const expected = `${I_BLOCK_BYTES + tail.length}, the bytes in the inode`;
    throw new Corruption(`ext4_inode ${dir.ino}`, 'size', dir.size, expected);
  }
  const regions: Region[] = [{ start: PARENT_BYTES, data: dir.data.subarray(PARENT_BYTES) }];
  if (tail.length > 0) regions.push({ start: I_BLOCK_BYTES, data: tail });
  for (const { start, data } of regions) {
    checkBlock(data, dir.sb.geometry.inodes, false, `byte ${start} of inline directory ${dir.ino}`);
  }
  return regions;
}

export function* findInlineEntry(dir: Inode, name: Uint8Array): Sleepable<InlinePosition | null> {
  const table = yield* tableOf(dir);
  for (const { start, data } of regionsOf(dir, table)) {
    const at = findInBlock(data, name);
    if (at < 0) continue;
    return { offset: start + at, ino: entryIno(data, at), fileType: entryFileType(data, at), table };
  }
  return null;
}

export function* inlineParent(dir: Inode): Sleepable<InlinePosition> {
  const ino = entryIno(dir.data, 0);
  if (ino !== 0) return { offset: 0, ino, fileType: EXT4_FT_DIR, table: yield* tableOf(dir) };
  throw new Corruption(`inline directory ${dir.ino}`, 'inode of ..', ino, 'a directory');
}

export function* isEmptyInline(dir: Inode): Sleepable<boolean> {
  return regionsOf(dir, yield* tableOf(dir)).every(({ data }) => !hasEntries(data, 0));
}

/** All names, with . and .. in front. */
export function* listInline(dir: Inode): Sleepable<DirectoryEntry[]> {
  const parent = yield* inlineParent(dir);
  const entries: DirectoryEntry[] = [
    { name: Uint8Array.of(0x2e), ino: dir.ino, fileType: EXT4_FT_DIR },
    { name: Uint8Array.of(0x2e, 0x2e), ino: parent.ino, fileType: EXT4_FT_DIR },
  ];
  for (const { data } of regionsOf(dir, parent.table)) {
    for (let at = 0; at < data.length; at += entryLength(data, at)) {
      if (entryIno(data, at) !== 0) entries.push(entryAt(data, at));
    }
  }
  return entries;
}

/**
 * The directory as it would be in one block, for who reads it step by step (ext4_read_inline_dir pretends that . and ..
 * stand in front).
 */
export function* inlineAsBlock(dir: Inode): Sleepable<Uint8Array> {
  const block = new Uint8Array(dir.sb.geometry.blockSize);
  fillBlock(dir, block, yield* listInline(dir), false);
  return block;
}

function fillBlock(
  dir: Inode,
  block: Uint8Array,
  entries: readonly DirectoryEntry[],
  hasTail: boolean,
): void {
  const [, parent, ...names] = entries;
  const type = storedType(dir, EXT4_FT_DIR);
  initializeFirstBlock(block, { ino: dir.ino, parentIno: parent?.ino ?? 0, type }, hasTail);
  for (const { name, ino, fileType } of names) {
    insertAt(block, findRoom(block, name.length), ino, fileType, name);
  }
}

/** Gives a new directory its place in its inode, if it has room; answers whether (ext4_try_create_inline_dir). */
export function* initializeInline(handle: Handle, dir: Inode, parentIno: number): Sleepable<boolean> {
  if ((yield* largestInline(dir)) < I_BLOCK_BYTES) return false;
  yield* growInline(handle, dir, I_BLOCK_BYTES);
  setEntryIno(dir.data, 0, parentIno);
  initializeLeaf(dir.data.subarray(PARENT_BYTES), false);
  dir.size = dir.diskSize = I_BLOCK_BYTES;
  yield* markInodeDirty(handle, dir);
  return true;
}

/**
 * Adds a name in the inode; answers false when it does not fit, and the directory's names then lie in a block
 * (ext4_try_add_inline_entry). Fails with ENOSPC.
 */
export function* addInlineEntry(
  handle: Handle,
  dir: Inode,
  name: Uint8Array,
  ino: number,
  fileType: number,
): Sleepable<boolean> {
  const added =
    (yield* insert(handle, dir, name, ino, fileType)) ||
    ((yield* extend(handle, dir)) && (yield* insert(handle, dir, name, ino, fileType)));
  if (!added) yield* convertDirectory(handle, dir);
  return added;
}

function* insert(
  handle: Handle,
  dir: Inode,
  name: Uint8Array,
  ino: number,
  fileType: number,
): Sleepable<boolean> {
  const table = yield* tableOf(dir);
  yield* handle.getWriteAccess(table);
  for (const { data } of regionsOf(dir, table)) {
    const at = findRoom(data, name.length);
    if (at < 0) continue;
    insertAt(data, at, ino, fileType, name);
    yield* markInodeDirty(handle, dir);
    return true;
  }
  return false;
}

/** i_block is full: the names go on in the attribute, once, as large as it can be (ext4_update_inline_dir). */
function* extend(handle: Handle, dir: Inode): Sleepable<boolean> {
  if (dir.size > I_BLOCK_BYTES) return false;
  const largest = yield* largestInline(dir);
  if (largest - I_BLOCK_BYTES <= entryBytes(1)) return false;
  yield* growInline(handle, dir, largest);
  initializeLeaf(inlineTail(dir, yield* tableOf(dir)), false);
  dir.size = dir.diskSize = largest;
  yield* markInodeDirty(handle, dir);
  return true;
}

/** ext4_convert_inline_data_nolock() for a directory. */
function* convertDirectory(handle: Handle, dir: Inode): Sleepable<void> {
  const entries = yield* listInline(dir);
  const bytes = yield* readInline(dir);
  const { size } = dir;
  yield* dropInline(handle, dir);
  dir.size = dir.diskSize = 0;
  dir.mayInline = false;
  try {
    yield* appendDirectoryBlock(handle, dir, leafSeal(dir), (block) => {
      fillBlock(dir, block, entries, dir.sb.hasChecksums);
    });
  } catch (error) {
    dir.size = dir.diskSize = size;
    yield* restoreInline(handle, dir, bytes);
    throw error;
  }
}

/** Removes an entry, or lets it name another inode. */
export function* changeInlineEntry(
  handle: Handle,
  dir: Inode,
  { offset, table }: Pick<InlinePosition, 'offset' | 'table'>,
  change: { readonly ino: number; readonly fileType: number } | null,
): Sleepable<void> {
  yield* handle.getWriteAccess(table);
  if (offset === 0) {
    setEntryIno(dir.data, 0, change?.ino ?? 0);
  } else {
    const region = regionsOf(dir, table).findLast(({ start }) => start <= offset);
    if (region === undefined)
      throw new Corruption(`inline directory ${dir.ino}`, 'entry', offset, 'one there');
    const at = offset - region.start;
    if (change === null) removeAt(region.data, at);
    else {
      setEntryIno(region.data, at, change.ino);
      setEntryFileType(region.data, at, change.fileType);
    }
  }
  yield* markInodeDirty(handle, dir);
}
