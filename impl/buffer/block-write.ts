import { SECTOR_BYTES, type Bio } from '../block/bio.ts';
import type { BlockDevice } from '../block/block-device.ts';
import { transfer } from '../block/transfer.ts';
import type { AddressSpace } from '../mm/address-space.ts';
import type { Folio } from '../mm/folio.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { BufferHead } from './buffer-head.ts';
import { ensureBuffers } from './folio-buffers.ts';

/**
 * Finds or makes a place for file block `logical` (get_block with create). Both ways set `mapped`, and `block`, `new`,
 * `delay` and `unwritten` as they are, and fail with ENOSPC.
 */
export interface GetBlock {
  /** Without sleeping, when everything is known and nobody is in the way; else false, and nothing has changed. */
  attempt(logical: number, buffer: BufferHead): boolean;
  get(logical: number, buffer: BufferHead): Sleepable<void>;
}

/**
 * block_write_begin(): makes the blocks of a locked folio that bytes [offset, offset + length) touch ready to take them:
 * each gets a place, and what the write leaves of it is good to read.
 */
export function* blockWriteBegin(
  device: BlockDevice,
  folio: Folio,
  blockSize: number,
  offset: number,
  length: number,
  getBlock: GetBlock,
): Sleepable<void> {
  const buffers = ensureBuffers(folio, blockSize);
  const end = offset + length;
  const last = Math.floor((end - 1) / blockSize);
  for (let index = Math.floor(offset / blockSize); index <= last; index++) {
    const buffer = buffers[index];
    if (buffer === undefined) break;
    const start = index * blockSize;
    if (!buffer.mapped) {
      const logical = folio.position / blockSize + index;
      if (!getBlock.attempt(logical, buffer)) yield* getBlock.get(logical, buffer);
      if (buffer.new) {
        takeNewBlock(folio, buffer, start, offset, end);
        continue;
      }
    }
    if (folio.uptodate) buffer.uptodate = true;
    if (buffer.uptodate) continue;
    const covered = start >= offset && start + blockSize <= end;
    if (!covered) yield* readBuffer(device, buffer, blockSize);
  }
}

/** Nothing on the device belongs to a new block: what the write does not cover becomes zeros. */
function takeNewBlock(folio: Folio, buffer: BufferHead, start: number, from: number, to: number): void {
  if (folio.uptodate || buffer.uptodate) {
    // Memory has the block's contents already (zeros of a hole that was read): they go to the disk with the rest.
    buffer.new = false;
    buffer.uptodate = true;
    buffer.dirty = true;
    // Here and now, as mark_buffer_dirty does: the write may fail at a later block, and this one has its place.
    folio.mapping?.markDirty(folio);
    return;
  }
  const end = start + buffer.data.length;
  if (from > start) folio.data.fill(0, start, Math.min(from, end));
  if (to < end) folio.data.fill(0, Math.max(to, start), end);
}

/** Reads one block of a folio (bh_read). Fails with EIO. */
export function* readBuffer(device: BlockDevice, buffer: BufferHead, blockSize: number): Sleepable<void> {
  yield* transferBuffer(device, buffer, blockSize, 'read');
  buffer.uptodate = true;
}

/** Writes one block of a folio now, whatever its state, and waits for that. Fails with EIO. */
export const writeBuffer = (device: BlockDevice, buffer: BufferHead, blockSize: number): Sleepable<void> =>
  transferBuffer(device, buffer, blockSize, 'write');

const transferBuffer = (
  device: BlockDevice,
  { block, data }: BufferHead,
  blockSize: number,
  direction: Bio['direction'],
): Sleepable<void> =>
  transfer(device, {
    direction,
    sector: (block * blockSize) / SECTOR_BYTES,
    segments: [data],
    preflush: false,
    fua: false,
  });

/** block_write_end(): bytes [offset, offset + length) were copied in. The folio is uptodate when all its blocks are. */
export function blockWriteEnd(
  mapping: AddressSpace,
  folio: Folio,
  blockSize: number,
  offset: number,
  length: number,
): void {
  const buffers = ensureBuffers(folio, blockSize);
  const first = Math.floor(offset / blockSize);
  const last = Math.floor((offset + length - 1) / blockSize);
  let all = true;
  for (let index = 0; index < buffers.length; index++) {
    const buffer = buffers[index] as BufferHead;
    if (index >= first && index <= last) {
      buffer.uptodate = true;
      buffer.new = false;
      buffer.dirty = true;
    } else if (!buffer.uptodate) {
      all = false;
    }
  }
  if (all) folio.uptodate = true;
  mapping.markDirty(folio);
}

/** block_dirty_folio(): every block of the folio that lies within the file becomes dirty, and the folio with them. */
export function dirtyFolio(mapping: AddressSpace, folio: Folio, blockSize: number): boolean {
  const live = Math.ceil((mapping.host.size - folio.position) / blockSize);
  for (const [index, buffer] of ensureBuffers(folio, blockSize).entries()) {
    if (index < live) buffer.dirty = true;
  }
  return mapping.markDirty(folio);
}
