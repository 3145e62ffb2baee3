import { SECTOR_BYTES } from '../block/bio.ts';
import { transfer } from '../block/transfer.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { AddressSpace } from '../mm/address-space.ts';
import { grabFolio } from '../mm/filemap.ts';
import type { Folio } from '../mm/folio.ts';
import { readsAsZeros } from './buffered-read.ts';
import { ensureState, setRangeUptodate, stateOf } from './folio-state.ts';
import type { IomapFile } from './host.ts';
import type { Iomap, IomapOps } from './iomap.ts';
import { iterate } from './iterate.ts';

/** What the write path asks of the file system beside mappings (struct iomap_write_ops). */
export interface IomapWriteOps<F> {
  /** Asked with the folio locked: is the mapping still what the file system says (iomap_valid)? */
  isValid(file: F, iomap: Iomap): boolean;
}

/** What goes where. */
export interface BufferedWrite {
  /** Byte of the file. */
  readonly position: number;
  /** What can be touched of the caller's memory: the first of `length` bytes, or all of them. */
  readonly source: Uint8Array;
  /** Bytes that the caller wants to write. */
  readonly length: number;
}

/**
 * iomap_file_buffered_write(): copies `source` into the cache at byte `position`, mapping by mapping and folio by folio,
 * and moves i_size. Mappings are made for all of `length`, because that memory ends is found out when it is copied. Answers the
 * bytes written, 0 when there was no memory at all; fails when not even one could be.
 */
export function* bufferedWrite<F extends IomapFile>(
  file: F,
  write: BufferedWrite,
  ops: IomapOps<F>,
  writeOps: IomapWriteOps<F>,
): Sleepable<number> {
  const { position, source, length: wanted } = write;
  const writing = new Writing(file, write, writeOps);
  try {
    yield* iterate(file, position, wanted, ops, (iomap, start, length) =>
      writing.goOnUnder(iomap, start, length),
    );
  } catch (error) {
    // What went in before the failure stays, and its length is the answer, as write(2) has it.
    if (writing.written === 0) throw error;
  }
  const { written } = writing;
  // Where memory ends, the file has grown to the byte that could not be copied.
  if (written === source.length && source.length < wanted)
    file.size = Math.max(file.size, position + written);
  return written;
}

/** A write that goes on from mapping to mapping. */
class Writing<F extends IomapFile> {
  /** Bytes that went in. */
  written = 0;
  readonly #file: F;
  readonly #write: BufferedWrite;
  readonly #writeOps: IomapWriteOps<F>;

  constructor(file: F, write: BufferedWrite, writeOps: IomapWriteOps<F>) {
    this.#file = file;
    this.#write = write;
    this.#writeOps = writeOps;
  }

  /** The share of one mapping, folio by folio; answers the bytes that went in. */
  *goOnUnder(iomap: Iomap, start: number, length: number): Sleepable<number> {
    const source = partOf(this.#write.source, start - this.#write.position, length);
    let done = 0;
    while (done < source.length) {
      const piece = done === 0 ? source : source.subarray(done);
      const copied = yield* writePiece(this.#file, start + done, piece, iomap, this.#writeOps);
      if (copied === 0) break;
      done += copied;
      this.written += copied;
    }
    return done;
  }
}

/** `length` bytes from `offset` on, as far as there are some. Making a view costs, and mostly a write has one mapping. */
const partOf = (source: Uint8Array, offset: number, length: number): Uint8Array =>
  offset === 0 && length >= source.length ? source : source.subarray(offset, offset + length);

/** One folio's share of a write under one mapping (iomap_write_iter); 0 when the mapping has become stale. */
function* writePiece<F extends IomapFile>(
  file: F,
  position: number,
  source: Uint8Array,
  iomap: Iomap,
  writeOps: IomapWriteOps<F>,
): Sleepable<number> {
  const folio = yield* grabFolio(file.mapping, position, source.length);
  try {
    if (!writeOps.isValid(file, iomap)) {
      iomap.stale = true;
      return 0;
    }
    const offset = position - folio.position;
    const length = Math.min(source.length, folio.size - offset);
    yield* prepareBlocks(file, folio, offset, length, iomap);
    folio.data.set(length === source.length ? source : source.subarray(0, length), offset);
    markWritten(file, folio, offset, length);
    // Moved under the folio lock, so that writeback of this folio sees the new end.
    if (position + length > file.size) file.size = position + length;
    return length;
  } finally {
    folio.unlock();
  }
}

/**
 * Fills what is left of the blocks that [offset, offset + length) covers only in part: from the device, or with zeros where there is
 * nothing (__iomap_write_begin).
 */
export function* prepareBlocks(
  file: IomapFile,
  folio: Folio,
  offset: number,
  length: number,
  iomap: Iomap,
): Sleepable<void> {
  const { blockSize } = file;
  const state = ensureState(folio, blockSize);
  if (folio.uptodate) return;
  const end = offset + length;
  const first = offset - (offset % blockSize);
  for (let block = first; block < end; block += blockSize) {
    if (state?.isUptodate(block / blockSize) === true) continue;
    const covered = block >= offset && block + blockSize <= end;
    if (covered || file.mapping.faults.has('iomap-part-makes-block-uptodate')) continue;
    if (readsAsZeros(file, iomap, folio.position + block)) zeroAround(folio, block, blockSize, offset, end);
    else yield* readBlock(file, folio, block, iomap);
  }
}

/**
 * What of a block without bytes on the device lies before `offset` and behind `end` becomes zeros. What lies between is still what somebody
 * left in memory: the block is good to read when it is written.
 */
function zeroAround(folio: Folio, block: number, blockSize: number, offset: number, end: number): void {
  if (block < offset) folio.data.fill(0, block, offset);
  if (end < block + blockSize) folio.data.fill(0, end, block + blockSize);
}

function* readBlock(file: IomapFile, folio: Folio, offset: number, iomap: Iomap): Sleepable<void> {
  yield* transfer(file.device, {
    direction: 'read',
    sector: (iomap.address + folio.position + offset - iomap.offset) / SECTOR_BYTES,
    segments: [folio.data.subarray(offset, offset + file.blockSize)],
    preflush: false,
    fua: false,
  });
  setRangeUptodate(folio, file.blockSize, offset, file.blockSize);
}

/** Bytes [offset, offset + length) of a locked folio hold new data (__iomap_write_end). */
export function markWritten(file: IomapFile, folio: Folio, offset: number, length: number): void {
  setRangeUptodate(folio, file.blockSize, offset, length);
  const state = stateOf(folio);
  state?.setDirty(Math.floor(offset / file.blockSize), Math.ceil((offset + length) / file.blockSize));
  file.mapping.markDirty(folio);
}

/** iomap_dirty_folio(): every block of the folio that lies within the file becomes dirty. */
export function dirtyFolio(mapping: AddressSpace, folio: Folio, blockSize: number): boolean {
  const bytes = Math.min(folio.size, mapping.host.size - folio.position);
  ensureState(folio, blockSize)?.setDirty(0, Math.ceil(bytes / blockSize));
  return mapping.markDirty(folio);
}

/** iomap_invalidate_folio(): bytes left the file; blocks that are wholly gone need no writing any more. */
export function invalidateFolio(folio: Folio, blockSize: number, offset: number, length: number): void {
  const state = stateOf(folio);
  if (state === null) return;
  if (offset === 0 && length === folio.size) {
    folio.private = null;
    return;
  }
  if (folio.mapping?.faults.has('iomap-clears-dirty-outwards') === true)
    state.clearDirty(Math.floor(offset / blockSize), Math.ceil((offset + length) / blockSize));
  state.clearDirty(Math.ceil(offset / blockSize), Math.floor((offset + length) / blockSize));
}

/** iomap_release_folio(): a clean folio's state can be made again from its flags, unless it is only partly uptodate. */
export function releaseFolio(folio: Folio): boolean {
  if (folio.dirty || folio.writeback) return false;
  folio.private = null;
  return true;
}
