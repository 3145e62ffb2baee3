import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { ByteStore } from './byte-store.ts';

const PAGE_BYTES = 4096;

/** An image that cannot be looked into, or not at the place that was asked for: says why, in a sentence. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
}

/**
 * A disk that reads from a file and keeps in memory what is written to it: the file is opened for reading only, and
 * whoever recovers a log does so for himself. Memory costs what is written.
 */
export class ImageOverlay implements ByteStore {
  readonly sizeBytes: number;
  readonly #file: number;
  /** Pages that were written, whole, by their number. */
  readonly #pages = new Map<number, Uint8Array>();

  private constructor(file: number, sizeBytes: number) {
    this.#file = file;
    this.sizeBytes = sizeBytes;
  }

  /** Looks before it opens: to open a pipe is to wait for somebody who writes to it. */
  static open(path: string): ImageOverlay {
    try {
      const found = statSync(path);
      if (found.isDirectory()) throw new ImageError('a folder, not an image file');
      if (!found.isFile()) throw new ImageError('not a regular file');
      const file = openSync(path, 'r');
      return new ImageOverlay(file, fstatSync(file).size);
    } catch (error) {
      if (error instanceof ImageError) throw error;
      throw new ImageError(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** False when the file no longer reaches so far. */
  read(offset: number, targets: readonly Uint8Array[]): boolean {
    return everyPiece(offset, targets, (at, target) => this.#read(at, target));
  }

  #read(offset: number, target: Uint8Array): boolean {
    for (let done = 0; done < target.length;) {
      const count = readSync(this.#file, target, done, target.length - done, offset + done);
      if (count === 0) return false;
      done += count;
    }
    if (this.#pages.size === 0) return true;
    for (const { index, from, length, done } of pieces(offset, target.length)) {
      const page = this.#pages.get(index);
      if (page !== undefined) target.set(page.subarray(from, from + length), done);
    }
    return true;
  }

  /** False when the file no longer reaches so far. */
  write(offset: number, sources: readonly Uint8Array[]): boolean {
    return everyPiece(offset, sources, (at, source) => this.#write(at, source));
  }

  #write(offset: number, source: Uint8Array): boolean {
    for (const { index, from, length, done } of pieces(offset, source.length)) {
      const page = this.#pages.get(index) ?? this.#pageOfFile(index);
      if (page === null) return false;
      page.set(source.subarray(done, done + length), from);
      this.#pages.set(index, page);
    }
    return true;
  }

  /** Nothing reaches the file, so there is nothing to make durable. */
  flush(): boolean {
    return true;
  }

  close(): void {
    closeSync(this.#file);
  }

  /** The last page may be shorter than the others: a file's size is what it is. */
  #pageOfFile(index: number): Uint8Array | null {
    const start = index * PAGE_BYTES;
    const page = new Uint8Array(PAGE_BYTES);
    const inFile = page.subarray(0, Math.min(PAGE_BYTES, this.sizeBytes - start));
    return this.#read(start, inFile) ? page : null;
  }
}

/** Memory that follows each other on the disk, one after the other, until one cannot be transferred. */
function everyPiece(
  offset: number,
  memory: readonly Uint8Array[],
  transfer: (offset: number, memory: Uint8Array) => boolean,
): boolean {
  let at = offset;
  return memory.every((one) => {
    const good = transfer(at, one);
    at += one.length;
    return good;
  });
}

interface Piece {
  /** Number of the page. */
  readonly index: number;
  /** Bytes: where the piece begins in its page, and how long it is. */
  readonly from: number;
  readonly length: number;
  /** Bytes of the range that lie before it. */
  readonly done: number;
}

/** A range of bytes, cut where pages end. */
function* pieces(offset: number, total: number): Generator<Piece> {
  for (let done = 0; done < total;) {
    const at = offset + done;
    const from = at % PAGE_BYTES;
    const length = Math.min(PAGE_BYTES - from, total - done);
    yield { index: Math.floor(at / PAGE_BYTES), from, length, done };
    done += length;
  }
}
