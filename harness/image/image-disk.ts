import { closeSync, fstatSync, fsyncSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import type { ByteStore } from './byte-store.ts';
import { ImageError } from './image-overlay.ts';

/** An image file as a disk that can be written. Nothing of it is kept in memory; a flush is an fsync. */
export class ImageDisk implements ByteStore {
  readonly sizeBytes: number;
  readonly #file: number;

  private constructor(file: number, sizeBytes: number) {
    this.#file = file;
    this.sizeBytes = sizeBytes;
  }

  static open(path: string): ImageDisk {
    try {
      // To open a pipe is to wait for somebody who writes to it.
      const found = statSync(path);
      if (!found.isFile())
        throw new ImageError(found.isDirectory() ? 'a folder, not an image file' : 'not a regular file');
      const file = openSync(path, 'r+');
      return new ImageDisk(file, fstatSync(file).size);
    } catch (error) {
      if (error instanceof ImageError) throw error;
      throw new ImageError(`cannot be written: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  read(offset: number, target: Uint8Array): boolean {
    return this.#moved(target.length, (done) =>
      readSync(this.#file, target, done, target.length - done, offset + done),
    );
  }

  write(offset: number, source: Uint8Array): boolean {
    return this.#moved(source.length, (done) =>
      writeSync(this.#file, source, done, source.length - done, offset + done),
    );
  }

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

  /** Both system calls may do a part only. What fails is the file system's to report: a disk has no exceptions. */
  #moved(length: number, some: (done: number) => number): boolean {
    try {
      for (let done = 0; done < length;) {
        const count = some(done);
        if (count === 0) return false;
        done += count;
      }
      return true;
    } catch {
      return false;
    }
  }
}
