import type { Folio } from '../mm/folio.ts';

/**
 * What the iomap path knows below a folio: per block an uptodate and a dirty bit (struct iomap_folio_state). A folio of
 * one block has none: its own flags say it all.
 */
export class FolioState {
  readonly blocks: number;
  readonly #uptodate: Uint8Array;
  readonly #dirty: Uint8Array;
  /** Blocks not uptodate and blocks dirty, so that the common questions need no scan. */
  #missing: number;
  #dirtyCount = 0;
  /** Bytes handed to the device by the running writeback and not yet finished (write_bytes_pending). */
  writePending = 0;

  constructor(blocks: number, uptodate: boolean, dirty: boolean) {
    this.blocks = blocks;
    this.#uptodate = new Uint8Array(blocks).fill(uptodate ? 1 : 0);
    this.#dirty = new Uint8Array(blocks).fill(dirty ? 1 : 0);
    this.#missing = uptodate ? 0 : blocks;
    this.#dirtyCount = dirty ? blocks : 0;
  }

  isUptodate(block: number): boolean {
    return this.#uptodate[block] === 1;
  }

  get fullyUptodate(): boolean {
    return this.#missing === 0;
  }

  /** Blocks [first, end) hold what a reader must see. */
  setUptodate(first: number, end: number): void {
    for (let block = first; block < end; block++) {
      if (this.#uptodate[block] === 1) continue;
      this.#uptodate[block] = 1;
      this.#missing--;
    }
  }

  setDirty(first: number, end: number): void {
    for (let block = first; block < end; block++) {
      if (this.#dirty[block] === 1) continue;
      this.#dirty[block] = 1;
      this.#dirtyCount++;
    }
  }

  clearDirty(first: number, end: number): void {
    for (let block = first; block < end; block++) {
      if (this.#dirty[block] === 0) continue;
      this.#dirty[block] = 0;
      this.#dirtyCount--;
    }
  }

  /** The first dirty block >= `from` and < `end`, or -1. */
  nextDirty(from: number, end: number): number {
    if (this.#dirtyCount === 0) return -1;
    for (let block = from; block < end; block++) if (this.#dirty[block] === 1) return block;
    return -1;
  }

  /** The first clean block >= `from`, or `end`. */
  nextClean(from: number, end: number): number {
    for (let block = from; block < end; block++) if (this.#dirty[block] === 0) return block;
    return end;
  }
}

/** The state of a folio on the iomap path, or null for a folio of one block. */
export const stateOf = (folio: Folio): FolioState | null => folio.private as FolioState | null;

/** Whether this block of the folio is dirty; without a state all its blocks are what the folio is. */
export function hasDirtyBlock(folio: Folio, block: number): boolean {
  const state = stateOf(folio);
  return state === null ? folio.dirty : state.nextDirty(block, block + 1) === block;
}

/** Attaches state where the folio has several blocks and none yet (ifs_alloc). */
export function ensureState(folio: Folio, blockSize: number): FolioState | null {
  const known = stateOf(folio);
  if (known !== null) return known;
  const blocks = folio.size / blockSize;
  if (blocks <= 1) return null;
  const state = new FolioState(blocks, folio.uptodate, folio.dirty);
  folio.private = state;
  return state;
}

/** Marks bytes [offset, offset + length) of a folio good to read: whole blocks only (iomap_set_range_uptodate). */
export function setRangeUptodate(folio: Folio, blockSize: number, offset: number, length: number): void {
  const state = stateOf(folio);
  if (state === null) {
    folio.uptodate = true;
    return;
  }
  state.setUptodate(Math.floor(offset / blockSize), Math.ceil((offset + length) / blockSize));
  if (state.fullyUptodate) folio.uptodate = true;
}
