import type { AddressSpace } from '../mm/address-space.ts';
import type { MemoryBlock } from '../mm/block-memory.ts';
import type { Folio } from '../mm/folio.ts';
import type { PageRun } from '../mm/folio-pool.ts';
import { BufferHead, UNMAPPED } from './buffer-head.ts';

/** The buffer_heads of a folio on the buffer_head path, in order; null when it has none (folio_buffers). */
export const buffersOf = (folio: Folio): readonly BufferHead[] | null =>
  folio.private as readonly BufferHead[] | null;

/** Gives the folio a buffer_head per block where it has none (create_empty_buffers). */
export function ensureBuffers(folio: Folio, blockSize: number): readonly BufferHead[] {
  const known = buffersOf(folio);
  if (known !== null) return known;
  const buffers = spareBuffers(folio.memory, blockSize);
  for (const buffer of buffers) buffer.begin(folio.uptodate, folio.dirty);
  folio.private = buffers;
  return buffers;
}

/**
 * What an earlier folio in the same memory had, or new ones. They are as many as there is memory, and live as long: to make them for
 * each folio anew costs more than all else that a page of a large write costs, and the collector as much again.
 */
function spareBuffers(memory: PageRun, blockSize: number): readonly BufferHead[] {
  const blocks = memory.blocks(blockSize);
  const spare = memory.spare as readonly BufferHead[] | null;
  memory.spare = null;
  return spare !== null && spare[0]?.memory === blocks[0]
    ? spare
    : blocks.map((block) => new BufferHead(UNMAPPED, block));
}

/** The folio needs its buffer_heads no more, and nobody else has them: the next one in its memory may have them. */
function giveUpBuffers(folio: Folio): void {
  folio.memory.spare = folio.private;
  folio.private = null;
}

/** The block no longer belongs to the file: nothing is known of it, nothing of it may be written (discard_buffer). */
export function discardBuffer(buffer: BufferHead): void {
  buffer.dirty = false;
  buffer.mapped = false;
  buffer.new = false;
  buffer.delay = false;
  buffer.unwritten = false;
  buffer.block = UNMAPPED;
}

/**
 * block_invalidate_folio(): bytes [offset, offset + length) left the file. Blocks that are gone only in part keep their
 * state.
 */
export function invalidateFolio(folio: Folio, offset: number, length: number): void {
  const buffers = buffersOf(folio);
  if (buffers === null) return;
  const blockSize = folio.size / buffers.length;
  const fromStart = folio.mapping?.faults.has('bh-invalidates-from-folio-start') === true;
  const first = fromStart ? 0 : Math.ceil(offset / blockSize);
  const end = Math.floor((offset + length) / blockSize);
  for (let index = first; index < end; index++) {
    const buffer = buffers[index];
    if (buffer === undefined) continue;
    const { delay, unwritten } = buffer;
    discardBuffer(buffer);
    if (folio.mapping?.faults.has('bh-discard-keeps-delay') === true)
      Object.assign(buffer, { delay, unwritten });
  }
  if (offset === 0 && length === folio.size) giveUpBuffers(folio);
}

/** try_to_free_buffers(): lets go of the buffer_heads of a folio when none is in use. */
export function releaseFolio(folio: Folio): boolean {
  const buffers = buffersOf(folio);
  if (buffers?.some((buffer) => buffer.dirty || buffer.locked || buffer.asyncWrite) === true) return false;
  if (buffers !== null) giveUpBuffers(folio);
  return true;
}

/** buffer_migrate_folio(): the buffer_heads go along, unless one is in use. */
export function migrateFolio(mapping: AddressSpace, folio: Folio, memory: PageRun): boolean {
  const buffers = buffersOf(folio);
  if (buffers?.some((buffer) => buffer.locked || buffer.asyncWrite) === true) return false;
  mapping.moveTo(folio, memory);
  const size = folio.size / (buffers?.length ?? 1);
  const blocks = memory.blocks(size);
  if (buffers !== null)
    folio.private = buffers.map((buffer, index) => moveBuffer(buffer, blocks[index] as MemoryBlock));
  return true;
}

/** The same block in other memory. */
function moveBuffer(buffer: BufferHead, memory: MemoryBlock): BufferHead {
  const moved = new BufferHead(buffer.block, memory);
  const { uptodate, dirty, mapped, new: isNew, delay, unwritten, writeError } = buffer;
  return Object.assign(moved, { uptodate, dirty, mapped, new: isNew, delay, unwritten, writeError });
}

/** block_is_partially_uptodate(): every block that bytes [offset, offset + length) touch is good to read. */
export function isPartiallyUptodate(folio: Folio, offset: number, length: number): boolean {
  const buffers = buffersOf(folio);
  if (folio.uptodate || buffers === null) return folio.uptodate;
  const blockSize = folio.size / buffers.length;
  const first = Math.floor(offset / blockSize);
  const end = Math.ceil((offset + length) / blockSize);
  return buffers.slice(first, end).every((buffer) => buffer.uptodate);
}
