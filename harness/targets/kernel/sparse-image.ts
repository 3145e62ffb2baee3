import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { DiskImage } from '../../target.ts';

/** Where a file has bytes: from the first offset to before the second. */
export type DataRange = readonly [number, number];

interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

const CHUNK_BYTES = 16384;
const ZEROS = Buffer.alloc(CHUNK_BYTES);

/** A disk that was read from a file once, and never changes. What the file had as a hole costs nothing. */
export class SparseImage implements DiskImage {
  readonly sizeBytes: number;
  readonly #pieces: readonly Piece[];

  private constructor(sizeBytes: number, pieces: readonly Piece[]) {
    this.sizeBytes = sizeBytes;
    this.#pieces = pieces;
  }

  /** With the ranges known in which the file has bytes. */
  static load(path: string, ranges: readonly DataRange[]): SparseImage {
    const file = openSync(path, 'r');
    try {
      const pieces = ranges.map(([start, end]) => {
        const bytes = new Uint8Array(end - start);
        readSync(file, bytes, 0, bytes.length, start);
        return { offset: start, bytes };
      });
      return new SparseImage(fstatSync(file).size, pieces);
    } finally {
      closeSync(file);
    }
  }

  /** Of a file of which nothing is known: what is all zeros is left out. */
  static scan(path: string): SparseImage {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      const pieces: Piece[] = [];
      const chunk = Buffer.alloc(CHUNK_BYTES);
      for (let offset = 0; offset < size; offset += CHUNK_BYTES) {
        const bytes = chunk.subarray(0, readSync(file, chunk, 0, CHUNK_BYTES, offset));
        if (!bytes.equals(ZEROS.subarray(0, bytes.length)))
          pieces.push({ offset, bytes: Uint8Array.from(bytes) });
      }
      return new SparseImage(size, pieces);
    } finally {
      closeSync(file);
    }
  }

  /** The first bytes of it, where nothing lies behind. */
  within(sizeBytes: number): SparseImage {
    const pieces = this.#pieces.filter(({ offset }) => offset < sizeBytes);
    return new SparseImage(
      sizeBytes,
      pieces.map(({ offset, bytes }) => ({ offset, bytes: bytes.subarray(0, sizeBytes - offset) })),
    );
  }

  *extents(): Generator<{ readonly offset: number; readonly pages: readonly Uint8Array[] }> {
    for (const { offset, bytes } of this.#pieces) yield { offset, pages: [bytes] };
  }

  snapshot(): DiskImage {
    return this;
  }

  read(offset: number, target: Uint8Array): void {
    target.fill(0);
    const end = offset + target.length;
    for (const piece of this.#pieces) {
      const from = Math.max(offset, piece.offset);
      const to = Math.min(end, piece.offset + piece.bytes.length);
      if (from >= to) continue;
      target.set(piece.bytes.subarray(from - piece.offset, to - piece.offset), from - offset);
    }
  }
}
