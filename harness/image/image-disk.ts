import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  readvSync,
  statSync,
  writeSync,
  writevSync,
} from 'node:fs';
import type { ByteStore } from './byte-store.ts';
import { ImageError } from './image-overlay.ts';

/** System calls for one piece of memory, which answer bytes or a negative errno; a mount has faster ones than node:fs. */
export interface PieceCalls {
  /** pread(2). */
  readAt(file: number, target: Uint8Array, offset: number): number;
  /** pwrite(2). */
  writeAt(file: number, source: Uint8Array, offset: number): number;
}

const NODE_CALLS: PieceCalls = {
  readAt: (file, target, offset) => readSync(file, target, 0, target.length, offset),
  writeAt: (file, source, offset) => writeSync(file, source, 0, source.length, offset),
};

/** An image file as a disk that can be written. Nothing of it is kept in memory; a flush is an fsync. */
export class ImageDisk implements ByteStore {
  readonly sizeBytes: number;
  readonly #file: number;
  readonly #calls: PieceCalls;

  private constructor(file: number, sizeBytes: number, calls: PieceCalls) {
    this.#file = file;
    this.sizeBytes = sizeBytes;
    this.#calls = calls;
  }

  static open(path: string, calls = NODE_CALLS): ImageDisk {
    try {
      // To open a pipe is to wait for somebody who writes to it.
      const found = statSync(path);
      if (!found.isFile())
        throw new ImageError(found.isDirectory() ? 'a folder, not an image file' : 'not a regular file');
      const file = openSync(path, 'r+');
      return new ImageDisk(file, fstatSync(file).size, calls);
    } catch (error) {
      if (error instanceof ImageError) throw error;
      throw new ImageError(`cannot be written: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  read(offset: number, targets: readonly Uint8Array[]): boolean {
    return moveAll(targets, offset, this.#read);
  }

  write(offset: number, sources: readonly Uint8Array[]): boolean {
    return moveAll(sources, offset, this.#write);
  }

  readonly #read: MoveSome = (targets, at) =>
    targets.length === 1
      ? this.#calls.readAt(this.#file, targets[0] as Uint8Array, at)
      : readvSync(this.#file, targets, at);

  readonly #write: MoveSome = (sources, at) =>
    sources.length === 1
      ? this.#calls.writeAt(this.#file, sources[0] as Uint8Array, at)
      : writevSync(this.#file, sources, at);

  flush(): boolean {
    try {
      fsyncSync(this.#file);
      return true;
    } catch {
      return false;
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Transfers a beginning of the memory; answers its bytes, or a negative errno, or throws. */
type MoveSome = (memory: Uint8Array[], offset: number) => number;

/** Both system calls may do a part only. What fails is the file system's to report: a disk has no exceptions. */
function moveAll(memory: readonly Uint8Array[], offset: number, some: MoveSome): boolean {
  try {
    let at = offset;
    let rest = joined(memory);
    for (let left = bytesOf(rest); left > 0;) {
      const count = some(rest, at);
      if (count <= 0) return false;
      at += count;
      left -= count;
      if (left > 0) rest = behind(rest, count);
    }
    return true;
  } catch {
    return false;
  }
}

const bytesOf = (memory: readonly Uint8Array[]): number =>
  memory.reduce((sum, { length }) => sum + length, 0);

/** The same memory with neighbours made one: folios that follow each other in a file often do so in memory. */
function joined(memory: readonly Uint8Array[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let i = 0, next; i < memory.length; i = next) {
    const first = memory[i] as Uint8Array;
    let bytes = first.length;
    for (next = i + 1; next < memory.length; next++) {
      const piece = memory[next] as Uint8Array;
      if (piece.byteOffset !== first.byteOffset + bytes || piece.buffer !== first.buffer) break;
      bytes += piece.length;
    }
    pieces.push(next === i + 1 ? first : new Uint8Array(first.buffer, first.byteOffset, bytes));
  }
  return pieces;
}

/** What comes behind the first bytes. */
function behind(memory: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let passed = bytes;
  return memory.flatMap((piece) => {
    const cut = Math.min(passed, piece.length);
    passed -= cut;
    return cut === piece.length ? [] : [piece.subarray(cut)];
  });
}
