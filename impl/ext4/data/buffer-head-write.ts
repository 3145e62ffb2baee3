import type { BufferHead } from '../../buffer/buffer-head.ts';
import { blockWriteBegin, blockWriteEnd, type GetBlock } from '../../buffer/block-write.ts';
import { buffersOf } from '../../buffer/folio-buffers.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { Failure } from '../../lib/errno.ts';
import { grabFolio, writeAndWait } from '../../mm/filemap.ts';
import type { Folio } from '../../mm/folio.ts';
import { PAGE_BYTES } from '../../mm/page.ts';
import { truncateCache } from '../../mm/truncate.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { growDiskSize } from './disk-size.ts';
import { blockMapOf, mapCredits } from '../mapping/block-map.ts';
import type { Inode } from '../inode/inode.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { mapBlocks, type BlockMapping } from '../mapping/map-blocks.ts';
import { orderData } from './ordered-data.ts';
import { clustersKnown, learnClusters, reserveDelayed } from '../mapping/reservation.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';
import { truncateBlocks } from '../mapping/truncate-blocks.ts';

/** Writes one folio's share of the source at `position`; answers nothing: all of it goes in, or it fails. */
type WritePiece = (inode: Inode, position: number, source: Uint8Array) => Sleepable<void>;

/** generic_perform_write(): folio by folio. A failure after the first bytes makes the write short. */
function* performWrite(
  inode: Inode,
  position: number,
  source: Uint8Array,
  writePiece: WritePiece,
): Sleepable<number> {
  let written = 0;
  const folioBytes = Math.max(PAGE_BYTES, inode.blockSize);
  try {
    while (written < source.length) {
      const at = position + written;
      const length = Math.min(source.length - written, folioBytes - (at % folioBytes));
      yield* writePiece(inode, at, source.subarray(written, written + length));
      written += length;
    }
  } catch (error) {
    if (written === 0) throw error;
  }
  return written;
}

/** What the mapping says goes into the buffer (map_bh and friends). */
function takeMapping(buffer: BufferHead, mapping: BlockMapping): void {
  buffer.mapped = true;
  buffer.block = mapping.physical;
  buffer.unwritten = mapping.type === 'unwritten';
  // Unwritten blocks, too, hold nothing of the file's on disk.
  buffer.new = mapping.isNew || buffer.unwritten;
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
        takeMapping(buffer, mapping);
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

function copyIn(inode: Inode, folio: Folio, offset: number, source: Uint8Array): void {
  folio.data.set(source, offset);
  blockWriteEnd(inode.mapping, folio, inode.blockSize, offset, source.length);
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
  return buffer !== undefined && buffer.mapped && !buffer.delay && !buffer.unwritten;
}

function* recordDiskSize(inode: Inode): Sleepable<void> {
  const handle = yield* inode.sb.journal.start(2);
  try {
    yield* growDiskSize(handle, inode, inode.size);
  } finally {
    yield* handle.stop();
  }
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
    const mode = inode.sb.options.dioreadNolock ? 'create-unwritten' : 'create';
    const mapping = yield* mapBlocks(this.#handle, inode, logical, 1, mode);
    takeMapping(buffer, mapping);
    if (mapping.isNew && mapping.type === 'written') orderData(this.#handle, inode);
  }
}

/** ext4_write_begin(), the copy, and ext4_write_end(): one handle a folio, started before the folio is locked. */
const writePlaced = (inode: Inode, position: number, source: Uint8Array): Sleepable<void> =>
  retryAfterCommit(inode.sb, () => tryToWritePlaced(inode, position, source));

function* tryToWritePlaced(inode: Inode, position: number, source: Uint8Array): Sleepable<void> {
  const blocks = Math.ceil(PAGE_BYTES / inode.blockSize);
  const handle = yield* inode.sb.journal.start(mapCredits(inode, 1) * blocks + 1);
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
export function* writeAndTrim(
  inode: Inode,
  position: number,
  source: Uint8Array,
  writePiece: WritePiece,
): Sleepable<number> {
  let written = 0;
  try {
    written = yield* performWrite(inode, position, source, writePiece);
    return written;
  } finally {
    if (written < source.length && position + source.length > inode.size) {
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
  for (const mapping of [...inode.sb.inodes.dirtyMappings]) yield* writeAndWait(mapping, 0, Infinity);
  yield* writePlaced(inode, position, source);
}

/** Delayed allocation (ext4_da_aops): space is promised now, places are chosen at writeback. */
export const delallocWrite = (inode: Inode, position: number, source: Uint8Array): Sleepable<number> =>
  writeAndTrim(
    inode,
    position,
    source,
    blockMapOf(inode).promiseBlocks === 1 ? writeDelayed : writeDelayedOrPlaced,
  );

/** Without delayed allocation (ext4_aops). */
export const allocatingWrite = (inode: Inode, position: number, source: Uint8Array): Sleepable<number> =>
  writeAndTrim(inode, position, source, writePlaced);
