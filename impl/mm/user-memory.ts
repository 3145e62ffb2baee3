import { PAGE_BYTES } from './page.ts';

/** A piece of memory in one range of addresses (struct iovec). */
export interface MemoryPiece {
  /** Bytes. */
  readonly length: number;
  /** Address of its first byte, modulo the size of a page. */
  readonly pageOffset: number;
}

/**
 * Memory that a caller hands over. Where all of it can be touched, a plain array is handed through instead: only what must
 * know the addresses, or meets the end of a mapping, works with this.
 */
export interface UserMemory {
  /** What can be touched: the first bytes, perhaps fewer than `length`. The next one is EFAULT. */
  readonly bytes: Uint8Array;
  /** Bytes that the caller named. */
  readonly length: number;
  /** Where they lie, in order: together `length` bytes, or more. */
  readonly pieces: readonly MemoryPiece[];
}

/** Memory in one piece, all of it there, at the start of a page. */
export const wholeMemory = (bytes: Uint8Array): UserMemory => ({
  bytes,
  length: bytes.length,
  pieces: [{ length: bytes.length, pageOffset: 0 }],
});

/**
 * Can a device whose sectors are of `unit` bytes take bytes [from, to) of the memory in one transfer? What lies in a single page
 * may begin anywhere; else every part of a page has to begin and end at a unit (bio_split_io_at).
 */
export function isAligned({ pieces }: UserMemory, from: number, to: number, unit: number): boolean {
  let position = 0;
  let parts = 0;
  let aligned = true;
  for (const { length, pageOffset } of pieces) {
    const start = Math.max(from, position);
    const count = Math.min(to, position + length) - start;
    if (count > 0) {
      const inPage = (pageOffset + start - position) % PAGE_BYTES;
      parts += Math.ceil((inPage + count) / PAGE_BYTES);
      if (inPage % unit !== 0 || count % unit !== 0) aligned = false;
    }
    position += length;
  }
  return aligned || parts <= 1;
}

/** How many bytes of the memory from `from` on lie in the next `pages` parts of pages, at most `length`. */
export function lengthOfPages({ pieces }: UserMemory, from: number, length: number, pages: number): number {
  let position = 0;
  let left = pages;
  let count = 0;
  for (const piece of pieces) {
    const skipped = Math.max(0, from - position);
    if (skipped < piece.length && left > 0 && count < length) {
      const inPage = (piece.pageOffset + skipped) % PAGE_BYTES;
      const taken = Math.min(piece.length - skipped, left * PAGE_BYTES - inPage);
      left -= Math.ceil((inPage + taken) / PAGE_BYTES);
      count += taken;
    }
    position += piece.length;
  }
  return Math.min(count, length);
}
