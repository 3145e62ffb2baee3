import type { BioStatus } from '../block/bio.ts';
import { SECTOR_BYTES } from '../block/bio.ts';
import { fail } from '../lib/errno.ts';
import { ready, waitUntil, type Sleepable } from '../sched/sleepable.ts';
import type { Folio } from '../mm/folio.ts';
import { zeroMemory } from '../mm/zero-memory.ts';
import { ensureState, setRangeUptodate, stateOf } from './folio-state.ts';
import type { IomapFile } from './host.ts';
import type { Iomap, IomapOps } from './iomap.ts';
import { iterate } from './iterate.ts';

/** A read that goes on growing while mappings and folios continue each other on the device (iomap_readpage_ctx). */
interface PendingRead {
  sector: number;
  bytes: number;
  segments: Uint8Array[];
  pieces: { readonly folio: Folio; readonly offset: number; readonly length: number }[];
}

/** Reads that were submitted and have not ended. */
class ReadContext {
  readonly #file: IomapFile;
  #pending: PendingRead | null = null;
  #inFlight = 0;
  failed = false;

  constructor(file: IomapFile) {
    this.#file = file;
  }

  add(folio: Folio, offset: number, length: number, address: number): void {
    const sector = address / SECTOR_BYTES;
    let read = this.#pending;
    if (read === null || read.sector + read.bytes / SECTOR_BYTES !== sector) {
      this.submit();
      read = this.#pending = { sector, bytes: 0, segments: [], pieces: [] };
    }
    read.segments.push(folio.data.subarray(offset, offset + length));
    read.pieces.push({ folio, offset, length });
    read.bytes += length;
  }

  submit(): void {
    const read = this.#pending;
    if (read === null) return;
    this.#pending = null;
    this.#inFlight++;
    const { sector, segments } = read;
    const bio = { direction: 'read', sector, segments, preflush: false, fua: false } as const;
    this.#file.device.submit(bio, (status) => this.#ended(read, status));
  }

  #ended(read: PendingRead, status: BioStatus): void {
    this.#inFlight--;
    if (status !== null) {
      this.failed = true;
      if (!this.#file.mapping.faults.has('iomap-failed-read-is-uptodate')) return;
    }
    for (const { folio, offset, length } of read.pieces) {
      setRangeUptodate(folio, this.#file.blockSize, offset, length);
    }
  }

  *wait(): Sleepable<void> {
    this.submit();
    if (this.#inFlight > 0) yield* waitUntil('read of folios', () => this.#inFlight === 0);
  }
}

/** iomap_read_folio(): fills a locked folio and unlocks it. Fails with EIO. */
export function* readFolio<F extends IomapFile>(file: F, folio: Folio, ops: IomapOps<F>): Sleepable<void> {
  const context = new ReadContext(file);
  try {
    yield* readRange(file, [folio], ops, context);
  } finally {
    yield* context.wait();
    folio.unlock();
  }
  if (context.failed) fail('EIO');
}

/** iomap_readahead(): fills new, locked folios that follow each other, and unlocks them. Fails where a mapping cannot be had. */
export function* readahead<F extends IomapFile>(
  file: F,
  folios: readonly Folio[],
  ops: IomapOps<F>,
): Sleepable<void> {
  const context = new ReadContext(file);
  try {
    yield* readRange(file, folios, ops, context);
  } finally {
    yield* context.wait();
    for (const folio of folios) folio.unlock();
  }
}

function* readRange<F extends IomapFile>(
  file: F,
  folios: readonly Folio[],
  ops: IomapOps<F>,
  context: ReadContext,
): Sleepable<void> {
  const first = folios[0];
  const last = folios.at(-1);
  if (first === undefined || last === undefined) return;
  let current = 0;
  yield* iterate(file, first.position, last.end - first.position, ops, (iomap, position, length) => {
    let done = 0;
    while (done < length) {
      while ((folios[current]?.end ?? Infinity) <= position + done) current++;
      const folio = folios[current];
      if (folio === undefined) break;
      const piece = Math.min(length - done, folio.end - (position + done));
      readPiece(file, folio, position + done, piece, iomap, context);
      done += piece;
    }
    return ready(done);
  });
}

/**
 * Fills blocks of one folio that lie under one mapping and are not uptodate (iomap_readpage_iter), those that follow each other at once
 * (iomap_adjust_read_range).
 */
function readPiece(
  file: IomapFile,
  folio: Folio,
  position: number,
  length: number,
  iomap: Iomap,
  context: ReadContext,
): void {
  const { blockSize } = file;
  const state = ensureState(folio, blockSize);
  const end = position + length - folio.position;
  const isFilled = (offset: number): boolean =>
    folio.uptodate || state?.isUptodate(offset / blockSize) === true;
  const isZeros = (offset: number): boolean => readsAsZeros(file, iomap, folio.position + offset);
  for (let offset = position - folio.position, next; offset < end; offset = next) {
    next = offset + blockSize;
    if (isFilled(offset)) continue;
    const zeros = isZeros(offset);
    while (next < end && !isFilled(next) && isZeros(next) === zeros) next += blockSize;
    if (zeros) {
      zeroMemory(folio.data, offset, next);
      setRangeUptodate(folio, blockSize, offset, next - offset);
    } else {
      context.add(folio, offset, next - offset, iomap.address + folio.position + offset - iomap.offset);
    }
  }
}

/** iomap_block_needs_zeroing(): only mapped blocks within the file have bytes on the device. */
export const readsAsZeros = (file: IomapFile, iomap: Iomap, position: number): boolean =>
  iomap.type !== 'mapped' || iomap.isNew || position >= file.size;

/** iomap_is_partially_uptodate(): every block that bytes [offset, offset + length) touch is good to read. */
export function isPartiallyUptodate(
  folio: Folio,
  blockSize: number,
  offset: number,
  length: number,
): boolean {
  const state = stateOf(folio);
  if (folio.uptodate || state === null) return folio.uptodate;
  const last = Math.floor((offset + length - 1) / blockSize);
  for (let block = Math.floor(offset / blockSize); block <= last; block++) {
    if (!state.isUptodate(block)) return false;
  }
  return true;
}
