import type { BufferHead } from '../../buffer/buffer-head.ts';
import { blockWriteBegin, blockWriteEnd, type GetBlock } from '../../buffer/block-write.ts';
import { buffersOf } from '../../buffer/folio-buffers.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { Failure } from '../../lib/errno.ts';
import { present } from '../../lib/assert.ts';
import { grabFolio, writeAndWait } from '../../mm/filemap.ts';
import type { Folio } from '../../mm/folio.ts';
import { PAGE_BYTES } from '../../mm/page.ts';
import { truncateCache } from '../../mm/truncate.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { DataPath } from './data-path.ts';
import { growDiskSize, recordDiskSize } from './disk-size.ts';
import { placeCredits } from './folio-credits.ts';
import { blockMapOf } from '../mapping/block-map.ts';
import type { Inode } from '../inode/inode.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { mapBlocks, type BlockMapping } from '../mapping/map-blocks.ts';
import { orderData } from './ordered-data.ts';
import { isUnwrittenFirst } from './unwritten-first.ts';
import { clustersKnown, learnClusters, reserveDelayed } from '../mapping/reservation.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';
import { writeWholePages } from './whole-pages.ts';
import { truncateBlocks } from '../mapping/truncate-blocks.ts';

/** What goes where, in bytes; `source` is shorter than `length` where the caller's memory ends. */
interface CachedWrite {
  readonly position: number;
  readonly source: Uint8Array;
  readonly length: number;
}

/** How one folio's share of a write goes in. */
interface PieceWriter {
  /** Writes what it can of the whole pages that the source begins with, if it need not wait; answers their folios. */
  writeWholePages?(inode: Inode, position: number, source: Uint8Array): readonly Folio[];
  /** Writes the source at `position`; answers nothing: all of it goes in, or it fails. */
  write(inode: Inode, position: number, source: Uint8Array): Sleepable<void>;
  /**
   * Makes everything ready for bytes that then cannot be copied: the blocks have places or promises, and hold zeros; the file
   * reaches up to `position`, as if nothing had been written there.
   */
  prepare(inode: Inode, position: number, length: number): Sleepable<void>;
}

/** generic_perform_write(): folio by folio. A failure after the first bytes makes the write short. */
function* performWrite(
  inode: Inode,
  { position, source, length: wanted }: CachedWrite,
  writer: PieceWriter,
): Sleepable<number> {
  let written = 0;
  const folioBytes = Math.max(PAGE_BYTES, inode.blockSize);
  try {
    while (written < wanted) {
      const at = position + written;
      const behind = written === 0 ? source : source.subarray(written);
      const folios = writer.writeWholePages?.(inode, at, behind);
      if (folios !== undefined && folios.length > 0) {
        written += folios.length * PAGE_BYTES;
        yield* noteSize(inode, present(folios.at(-1), 'folio'), position + written);
        continue;
      }
      const length = Math.min(wanted - written, folioBytes - (at % folioBytes));
      const piece = length === behind.length ? behind : behind.subarray(0, length);
      // That memory ends is found out when the folio is ready; what could be copied is then written by itself.
      if (piece.length < length) yield* writer.prepare(inode, at, length);
      if (piece.length > 0) yield* writer.write(inode, at, piece);
      written += piece.length;
      if (piece.length < length) break;
    }
  } catch (error) {
    if (written === 0) throw error;
  }
  return written;
}

/** What the mapping says goes into the buffer (map_bh and friends). */
function takeMapping(inode: Inode, buffer: BufferHead, mapping: BlockMapping): void {
  buffer.mapped = true;
  buffer.block = mapping.physical;
  buffer.unwritten = mapping.type === 'unwritten';
  // Unwritten blocks, too, hold nothing of the file's on disk.
  buffer.new = mapping.isNew || (buffer.unwritten && !inode.mapping.faults.has('bh-unwritten-is-not-new'));
}

/** ext4_da_get_block_prep(): a hole gets a promise of space instead of a place. */
export class PromiseBlock implements GetBlock {
  readonly #inode: Inode;

  constructor(inode: Inode) {
    this.#inode = inode;
  }

  attempt(logical: number, buffer: BufferHead): boolean {
    const inode = this.#inode;
    const known = inode.extentStatus.lookup(logical)?.state;
    if (known === 'hole' && clustersKnown(inode, logical, 1) && inode.dataLock.tryWrite()) {
      try {
        reserveDelayed(inode, logical, 1);
      } finally {
        inode.dataLock.unlockWrite();
      }
    } else if (known !== 'delayed') {
      return false;
    }
    buffer.mapped = buffer.new = buffer.delay = true;
    return true;
  }

  *get(logical: number, buffer: BufferHead): Sleepable<void> {
    const { dataLock } = this.#inode;
    for (;;) {
      const mapping = yield* mapBlocks(null, this.#inode, logical, 1, 'lookup');
      if (mapping.type === 'written' || mapping.type === 'unwritten') {
        takeMapping(this.#inode, buffer, mapping);
        return;
      }
      if (!clustersKnown(this.#inode, logical, 1)) yield* learnClusters(this.#inode, logical, 1);
      if (this.attempt(logical, buffer)) return;
      // Somebody changes the mapping right now: when that is over, everything is asked again.
      yield* dataLock.write();
      dataLock.unlockWrite();
    }
  }
}

/** ext4_da_write_begin(), the copy, and ext4_da_write_end(). */
function* writeDelayed(inode: Inode, position: number, source: Uint8Array): Sleepable<void> {
  const folio = yield* grabFolio(inode.mapping, position, source.length);
  const offset = position - folio.position;
  let grows = false;
  try {
    yield* blockWriteBegin(
      inode.device,
      folio,
      inode.blockSize,
      offset,
      source.length,
      new PromiseBlock(inode),
    );
    copyIn(inode, folio, offset, source);
    grows = growSize(inode, position + source.length) && endsInPlacedBlock(inode, folio);
  } catch (error) {
    abandonNewBlocks(inode, folio);
    throw error;
  } finally {
    folio.unlock();
  }
  if (grows) yield* recordDiskSize(inode);
}

/** What ext4_da_write_begin() and _end() leave behind when nothing can be copied (folio_zero_new_buffers). */
function* prepareDelayed(inode: Inode, position: number, length: number): Sleepable<void> {
  const folio = yield* grabFolio(inode.mapping, position, length);
  const end = inode.mapping.faults.has('bh-short-copy-moves-size') ? position + length : position;
  const grows = end > inode.size;
  try {
    const offset = position - folio.position;
    const getBlock = new PromiseBlock(inode);
    yield* blockWriteBegin(inode.device, folio, inode.blockSize, offset, length, getBlock);
    if (grows) inode.size = end;
  } finally {
    abandonNewBlocks(inode, folio);
    folio.unlock();
  }
  if (grows) yield* recordDiskSize(inode);
}

function copyIn(inode: Inode, folio: Folio, offset: number, source: Uint8Array): void {
  folio.data.set(source, offset);
  blockWriteEnd(inode.mapping, folio, inode.blockSize, offset, source.length);
}

/** The write has come to byte `end`, in this folio. */
function* noteSize(inode: Inode, last: Folio, end: number): Sleepable<void> {
  if (growSize(inode, end) && endsInPlacedBlock(inode, last)) yield* recordDiskSize(inode);
}

/** Moves i_size; answers whether i_disksize is now behind. */
function growSize(inode: Inode, end: number): boolean {
  if (end > inode.size) inode.size = end;
  return inode.size > inode.diskSize;
}

/**
 * ext4_da_should_update_i_disksize(): a file that ends in a block with a place will not be given one by writeback, which
 * would move i_disksize along.
 */
function endsInPlacedBlock(inode: Inode, folio: Folio): boolean {
  const index = Math.floor((inode.size - 1 - folio.position) / inode.blockSize);
  const buffers = buffersOf(folio);
  // The file may end in a later folio than the one just written.
  const buffer = buffers !== null && index < buffers.length ? buffers[index] : undefined;
  const delayed = buffer?.delay === true && !inode.sb.options.faults.has('delayed-write-moves-disk-size');
  return buffer !== undefined && buffer.mapped && !delayed && !buffer.unwritten;
}

/**
 * folio_zero_new_buffers(): blocks that got a place or a promise for a write that then failed hold zeros, which is what
 * the hole there had.
 */
export function abandonNewBlocks(inode: Inode, folio: Folio): void {
  for (const buffer of buffersOf(folio) ?? []) {
    if (!buffer.new) continue;
    buffer.new = false;
    if (!buffer.uptodate) {
      buffer.data.fill(0);
      buffer.uptodate = true;
    }
    buffer.dirty = true;
    inode.mapping.markDirty(folio);
  }
}

/** Gives the block a place at once (ext4_get_block, ext4_get_block_unwritten). */
export class PlaceBlock implements GetBlock {
  readonly #inode: Inode;
  readonly #handle: Handle;

  constructor(inode: Inode, handle: Handle) {
    this.#inode = inode;
    this.#handle = handle;
  }

  attempt(): boolean {
    return false;
  }

  *get(logical: number, buffer: BufferHead): Sleepable<void> {
    const inode = this.#inode;
    const mode = isUnwrittenFirst(inode) ? 'create-unwritten' : 'create';
    const mapping = yield* mapBlocks(this.#handle, inode, logical, 1, mode);
    takeMapping(inode, buffer, mapping);
    if (mapping.isNew && mapping.type === 'written') orderData(this.#handle, inode);
  }
}

/** ext4_write_begin(), the copy, and ext4_write_end(): one handle a folio, started before the folio is locked. */
const writePlaced = (inode: Inode, position: number, source: Uint8Array): Sleepable<void> =>
  retryAfterCommit(inode.sb, () => tryToWritePlaced(inode, position, source));

/** What ext4_write_begin() leaves behind when nothing can be copied. */
const preparePlaced = (inode: Inode, position: number, length: number): Sleepable<void> =>
  retryAfterCommit(inode.sb, () => tryToPreparePlaced(inode, position, length));

function* tryToPreparePlaced(inode: Inode, position: number, length: number): Sleepable<void> {
  const handle = yield* inode.sb.journal.start(placeCredits(inode));
  try {
    const folio = yield* grabFolio(inode.mapping, position, length);
    try {
      const offset = position - folio.position;
      const getBlock = new PlaceBlock(inode, handle);
      yield* blockWriteBegin(inode.device, folio, inode.blockSize, offset, length, getBlock);
    } finally {
      abandonNewBlocks(inode, folio);
      folio.unlock();
    }
    inode.size = Math.max(inode.size, position);
    yield* growDiskSize(handle, inode, inode.size);
  } finally {
    yield* handle.stop();
  }
}

function* tryToWritePlaced(inode: Inode, position: number, source: Uint8Array): Sleepable<void> {
  const handle = yield* inode.sb.journal.start(placeCredits(inode));
  try {
    yield* writePlacedUnder(handle, inode, position, source);
  } finally {
    yield* handle.stop();
  }
}

function* writePlacedUnder(
  handle: Handle,
  inode: Inode,
  position: number,
  source: Uint8Array,
): Sleepable<void> {
  const folio = yield* grabFolio(inode.mapping, position, source.length);
  const offset = position - folio.position;
  try {
    const getBlock = new PlaceBlock(inode, handle);
    yield* blockWriteBegin(inode.device, folio, inode.blockSize, offset, source.length, getBlock);
    copyIn(inode, folio, offset, source);
    if (growSize(inode, position + source.length)) {
      yield* inode.dataLock.write();
      inode.diskSize = inode.size;
      inode.dataLock.unlockWrite();
    }
  } catch (error) {
    abandonNewBlocks(inode, folio);
    throw error;
  } finally {
    folio.unlock();
  }
  yield* markInodeDirty(handle, inode);
}

/**
 * Writes, and takes back what a short or failed write was given beyond the end of the file
 * (ext4_truncate_failed_write).
 */
export function* writeAndTrim(inode: Inode, write: CachedWrite, writer: PieceWriter): Sleepable<number> {
  let written = 0;
  try {
    written = yield* performWrite(inode, write, writer);
    return written;
  } finally {
    const trims = !inode.mapping.faults.has('bh-failed-write-keeps-blocks');
    if (trims && written < write.length && write.position + write.length > inode.size) {
      yield* truncateCache(inode.mapping, inode.size);
      yield* truncateBlocks(inode);
    }
  }
}

/**
 * Where a promise is for more than will be needed, space may seem to run out too early: then all promises are kept, and
 * these bytes get their place at once (what ext4_nonda_switch is for).
 */
function* writeDelayedOrPlaced(inode: Inode, position: number, source: Uint8Array): Sleepable<void> {
  try {
    return yield* writeDelayed(inode, position, source);
  } catch (error) {
    if (!(error instanceof Failure) || error.errno !== 'ENOSPC') throw error;
  }
  for (const mapping of [...inode.sb.inodes.unsyncedMappings]) yield* writeAndWait(mapping, 0, Infinity);
  yield* writePlaced(inode, position, source);
}

const delayedWriter: PieceWriter = { writeWholePages, write: writeDelayed, prepare: prepareDelayed };
const delayedOrPlacedWriter: PieceWriter = { write: writeDelayedOrPlaced, prepare: prepareDelayed };
const placedWriter: PieceWriter = { write: writePlaced, prepare: preparePlaced };

/** Delayed allocation (ext4_da_aops): space is promised now, places are chosen at writeback. */
export const delallocWrite: DataPath['bufferedWrite'] = (inode, position, source, length) =>
  writeAndTrim(
    inode,
    { position, source, length },
    blockMapOf(inode).promiseBlocks === 1 ? delayedWriter : delayedOrPlacedWriter,
  );

/** Without delayed allocation (ext4_aops). */
export const allocatingWrite: DataPath['bufferedWrite'] = (inode, position, source, length) =>
  writeAndTrim(inode, { position, source, length }, placedWriter);
