import { SECTOR_BYTES, type BioStatus } from '../block/bio.ts';
import type { Folio } from '../mm/folio.ts';
import { stateOf } from './folio-state.ts';
import type { IomapFile } from './host.ts';

/** A share of a folio in an ioend, in bytes. */
interface Piece {
  readonly folio: Folio;
  readonly length: number;
}

/**
 * One write of contiguous file bytes to contiguous device bytes, and what must happen when it has ended (struct
 * iomap_ioend).
 */
export class Ioend<F extends IomapFile = IomapFile> {
  readonly file: F;
  /** Byte of the file. */
  readonly offset: number;
  /** Byte on the device. */
  readonly address: number;
  /** The blocks are unwritten on disk and must be converted (IOMAP_IOEND_UNWRITTEN). */
  readonly unwritten: boolean;
  /** Bytes of the file that it writes: behind them come the zeros of the last block. */
  size = 0;
  status: BioStatus = null;
  readonly #segments: Uint8Array[] = [];
  readonly #pieces: Piece[] = [];
  /** Ioends that were merged into this one. */
  readonly #merged: Ioend<F>[] = [];

  constructor(file: F, offset: number, address: number, unwritten: boolean) {
    this.file = file;
    this.offset = offset;
    this.address = address;
    this.unwritten = unwritten;
  }

  get end(): number {
    return this.offset + this.size;
  }

  /** Does a write of these bytes continue this one (iomap_can_add_to_ioend)? */
  continues(offset: number, address: number, unwritten: boolean): boolean {
    return this.end === offset && this.address + this.size === address && this.unwritten === unwritten;
  }

  add(folio: Folio, offsetInFolio: number, length: number): void {
    this.#segments.push(folio.data.subarray(offsetInFolio, offsetInFolio + length));
    this.#pieces.push({ folio, length });
    this.size += length;
    const state = stateOf(folio);
    if (state !== null) state.writePending += length;
  }

  /**
   * What was beyond the end of the file when it was sent is none of it. Otherwise a file that grows while the device works
   * would get zeros for what was written behind its old end (commit 51d20d1dacbe; iomap_add_to_ioend).
   */
  endBy(fileEnd: number): void {
    this.size = Math.min(this.size, fileEnd - this.offset);
  }

  /** Starts the write; `ended` runs when the device is done, in interrupt context: it may not sleep. */
  submit(ended: (ioend: Ioend<F>) => void): void {
    const sector = this.address / SECTOR_BYTES;
    const bio = {
      direction: 'write',
      sector,
      segments: this.#segments,
      preflush: false,
      fua: false,
    } as const;
    this.file.device.submit(bio, (status) => {
      this.status = status;
      ended(this);
    });
  }

  /** Takes over an ioend that continues this one in the file and needs the same work (iomap_ioend_try_merge). */
  tryMerge(next: Ioend<F>): boolean {
    const sameWork =
      next.unwritten === this.unwritten || this.file.mapping.faults.has('iomap-merges-unlike-ioends');
    const alike = sameWork && next.status === this.status && next.file === this.file;
    if (!alike || next.offset !== this.end) return false;
    this.#merged.push(next);
    this.size += next.size;
    return true;
  }

  /** The write is over and recorded: folios whose last bytes these were leave writeback (iomap_finish_ioends). */
  finish(): void {
    if (this.status !== null) this.file.mapping.setError(this.status);
    for (const { folio, length } of this.#pieces) finishFolioWrite(this.file, folio, length);
    for (const ioend of this.#merged) ioend.finish();
  }
}

/** iomap_finish_folio_write(). */
export function finishFolioWrite(file: IomapFile, folio: Folio, length: number): void {
  const state = stateOf(folio);
  if (state !== null) {
    state.writePending -= length;
    if (state.writePending > 0) return;
  }
  file.mapping.endWriteback(folio);
}

/** Sorts ended ioends by file offset and merges neighbours, so that one handle serves many (iomap_sort_ioends). */
export function sortAndMerge<F extends IomapFile>(ioends: readonly Ioend<F>[]): Ioend<F>[] {
  const sorted = [...ioends].sort((left, right) => left.offset - right.offset);
  const merged: Ioend<F>[] = [];
  for (const ioend of sorted) {
    if (merged.at(-1)?.tryMerge(ioend) !== true) merged.push(ioend);
  }
  return merged;
}
