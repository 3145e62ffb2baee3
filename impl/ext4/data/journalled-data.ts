import type { Handle } from '../../jbd2/handle.ts';
import type { Folio } from '../../mm/folio.ts';
import { grabFolio } from '../../mm/filemap.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';
import { fillFolio, isInline } from '../inline/inline-data.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { isRegular, type Inode } from '../inode/inode.ts';
import { isMapped } from '../mapping/extent-status.ts';
import { mapBlocks } from '../mapping/map-blocks.ts';
import { isBlockUptodate, noteLogged, setBlockUptodate } from './logged-folio.ts';
import { writeAndTrim } from './buffer-head-write.ts';
import type { DataPath } from './data-path.ts';
import { growDiskSize } from './disk-size.ts';
import { logCredits } from './folio-credits.ts';

/**
 * Data that goes through the journal (ext4_journalled_aops). The kernel hands a folio's buffer_heads to jbd2; here a write
 * copies what it changes into the metadata cache's buffer of the block, which is part of the transaction like any other.
 * So a folio's memory is nobody's business but the page cache's, what a reader finds in the buffer is what is in the log
 * and not yet at home, and only stores through mappings make a folio dirty (journalled-writeback.ts).
 */

/** Fills a locked folio from the blocks of the file, as the journal last saw them; holes and what is beyond are zeros. */
export function* readFromBuffers(folio: Folio, inode: Inode): Sleepable<void> {
  if (isInline(inode)) return yield* fillFolio(inode, folio);
  yield* fillBlocks(inode, folio, 0, folio.size / inode.blockSize);
  folio.uptodate = true;
}

/** Blocks [first, end) of a locked folio become good to read. */
function* fillBlocks(inode: Inode, folio: Folio, first: number, end: number): Sleepable<void> {
  for (let index = first; index < end; index++)
    if (!isBlockUptodate(folio, index)) yield* fillBlock(inode, folio, index, false);
}

/** One of them; where it has a place, and `holesOnly` says so, it stays as it is, for somebody will overwrite it. */
function* fillBlock(inode: Inode, folio: Folio, index: number, holesOnly: boolean): Sleepable<void> {
  const { blockSize } = inode;
  const offset = index * blockSize;
  const position = folio.position + offset;
  const place = position < inode.size ? yield* placeOf(inode, position / blockSize) : null;
  if (place !== null && holesOnly) return;
  const target = folio.data.subarray(offset, offset + blockSize);
  if (place === null) target.fill(0);
  else target.set((yield* inode.sb.cache.bread(place)).data);
  setBlockUptodate(folio, index, blockSize);
}

/**
 * What a write of bytes [offset, offset + length) leaves of their blocks is good to read (ext4_block_write_begin), and so are holes:
 * they may get places, and the write be given up.
 */
function* prepareBlocks(inode: Inode, folio: Folio, offset: number, length: number): Sleepable<void> {
  if (folio.uptodate) return;
  if (isInline(inode)) return yield* fillFolio(inode, folio);
  const { blockSize } = inode;
  for (let index = Math.floor(offset / blockSize); index * blockSize < offset + length; index++) {
    const start = index * blockSize;
    const covered = start >= offset && start + blockSize <= offset + length;
    if (!isBlockUptodate(folio, index)) yield* fillBlock(inode, folio, index, covered);
  }
}

/** The device block with a written block's contents; null where the file reads as zeros. */
export function* placeOf(inode: Inode, logical: number): Sleepable<number | null> {
  const mapping = yield* mapBlocks(null, inode, logical, 1, 'lookup');
  return mapping.type === 'written' ? mapping.physical : null;
}

/** What is logged of a folio: [first, end) of its blocks, by their places on the device. */
export interface LoggedBlocks {
  readonly first: number;
  readonly places: number[];
}

/** The blocks become part of the transaction with what the folio holds (ext4_journal_folio_buffers). */
export function* logBlocks(
  handle: Handle,
  inode: Inode,
  folio: Folio,
  { first, places }: LoggedBlocks,
): Sleepable<void> {
  const { blockSize } = inode;
  for (const [index, place] of places.entries()) {
    const buffer = inode.sb.cache.getblk(place);
    yield* handle.getCreateAccess(buffer);
    const offset = (first + index) * blockSize;
    buffer.data.set(folio.data.subarray(offset, offset + blockSize));
    handle.dirtyMetadata(buffer);
  }
  inode.dataSyncTid = inode.syncTid = handle.transaction.tid;
  noteLogged(folio, handle.transaction.tid);
}

/** ext4_write_begin(), the copy, and ext4_journalled_write_end(). */
const writeLogged = (inode: Inode, position: number, source: Uint8Array): Sleepable<void> =>
  retryAfterCommit(inode.sb, () => tryWriteLogged(inode, position, source));

function* tryWriteLogged(inode: Inode, position: number, source: Uint8Array): Sleepable<void> {
  const handle = yield* inode.sb.journal.start(logCredits(inode));
  try {
    yield* writeUnder(handle, inode, position, source);
  } finally {
    yield* handle.stop();
  }
}

function* writeUnder(handle: Handle, inode: Inode, position: number, source: Uint8Array): Sleepable<void> {
  const folio = yield* grabFolio(inode.mapping, position, source.length);
  const { blockSize } = inode;
  const offset = position - folio.position;
  const blocks: LoggedBlocks = { first: Math.floor(offset / blockSize), places: [] };
  try {
    const end = Math.ceil((offset + source.length) / blockSize);
    yield* prepareBlocks(inode, folio, offset, source.length);
    yield* placeAll(handle, inode, folio, blocks, end);
    folio.data.set(source, offset);
    for (let index = blocks.first; index < end; index++) setBlockUptodate(folio, index, blockSize);
    yield* logBlocks(handle, inode, folio, blocks);
    if (position + source.length > inode.size) {
      yield* inode.dataLock.write();
      inode.size = inode.diskSize = position + source.length;
      inode.dataLock.unlockWrite();
    }
  } finally {
    folio.unlock();
  }
  yield* markInodeDirty(handle, inode);
}

/** Gives every block a place. When one has none, those before it get what the folio holds: the zeros of their holes. */
export function* placeAll(
  handle: Handle,
  inode: Inode,
  folio: Folio,
  blocks: LoggedBlocks,
  end: number,
): Sleepable<void> {
  const start = folio.position / inode.blockSize;
  try {
    for (let index = blocks.first; index < end; index++) {
      const mapping = yield* mapBlocks(handle, inode, start + index, 1, 'create');
      blocks.places.push(mapping.physical);
    }
  } catch (error) {
    yield* fillBlocks(inode, folio, blocks.first, blocks.first + blocks.places.length);
    yield* logBlocks(handle, inode, folio, blocks);
    throw error;
  }
}

/** What a write leaves behind of which nothing could be copied: the blocks of the holes there have places, and hold zeros. */
const prepareLogged = (inode: Inode, position: number, length: number): Sleepable<void> =>
  retryAfterCommit(inode.sb, () => tryPrepareLogged(inode, position, length));

function* tryPrepareLogged(inode: Inode, position: number, length: number): Sleepable<void> {
  const handle = yield* inode.sb.journal.start(logCredits(inode));
  try {
    const folio = yield* grabFolio(inode.mapping, position, length);
    try {
      const offset = position - folio.position;
      const blocks: LoggedBlocks = { first: Math.floor(offset / inode.blockSize), places: [] };
      const end = Math.ceil((offset + length) / inode.blockSize);
      if (isInline(inode)) yield* readFromBuffers(folio, inode);
      else yield* fillBlocks(inode, folio, blocks.first, end);
      yield* placeAll(handle, inode, folio, blocks, end);
      const logs = !inode.mapping.faults.has('journalled-short-write-logs-nothing');
      if (logs) yield* logBlocks(handle, inode, folio, blocks);
    } finally {
      folio.unlock();
    }
    inode.size = Math.max(inode.size, position);
    yield* growDiskSize(handle, inode, inode.size);
  } finally {
    yield* handle.stop();
  }
}

const loggedWriter = { write: writeLogged, prepare: prepareLogged };

/** Contents that have left the inode, and are in the folio, go into the transaction (inline/). */
export function* logFirstBlock(handle: Handle, inode: Inode, folio: Folio): Sleepable<void> {
  const blocks: LoggedBlocks = { first: 0, places: [] };
  yield* placeAll(handle, inode, folio, blocks, 1);
  yield* logBlocks(handle, inode, folio, blocks);
}

/** The file's data is journalled no more: the metadata cache, clean by now, keeps nothing of it. */
export function* dropLoggedBlocks(inode: Inode): Sleepable<void> {
  if (isInline(inode) || !isRegular(inode.mode)) return;
  const end = Math.ceil(inode.size / inode.blockSize);
  for (let logical = 0; logical < end;) {
    const { type, physical, length } = yield* mapBlocks(null, inode, logical, end - logical, 'lookup');
    if (isMapped(type)) for (let index = 0; index < length; index++) inode.sb.cache.drop(physical + index);
    logical += length;
  }
}

/** data=journal, and files with the flag JOURNAL_DATA without delayed allocation. */
export const journalledWrite: DataPath['bufferedWrite'] = (inode, position, source, length) =>
  writeAndTrim(inode, { position, source, length }, loggedWriter);

/** Bytes of one block become zeros, in a transaction (ext4_journalled_block_zero_range). */
export function* zeroLogged(inode: Inode, position: number, length: number): Sleepable<void> {
  const place = yield* placeOf(inode, Math.floor(position / inode.blockSize));
  if (place === null) return;
  const handle = yield* inode.sb.journal.start(1);
  try {
    const folio = yield* grabFolio(inode.mapping, position, length);
    try {
      const offset = position - folio.position;
      yield* prepareBlocks(inode, folio, offset, length);
      folio.data.fill(0, offset, offset + length);
      const first = Math.floor(offset / inode.blockSize);
      yield* logBlocks(handle, inode, folio, { first, places: [place] });
    } finally {
      folio.unlock();
    }
  } finally {
    yield* handle.stop();
  }
}
