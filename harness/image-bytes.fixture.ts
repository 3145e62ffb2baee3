import { readFileSync } from 'node:fs';
import type { DiskImage } from './target.ts';

const PAGE_BYTES = 4096;

/** A disk that lies in one array, for tests that need no better. */
export class ImageBytes implements DiskImage {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  static fromFile(path: string): ImageBytes {
    return new ImageBytes(readFileSync(path));
  }

  get sizeBytes(): number {
    return this.#bytes.length;
  }

  *extents(): Generator<{ readonly offset: number; readonly pages: readonly Uint8Array[] }> {
    for (let offset = 0; offset < this.#bytes.length; offset += PAGE_BYTES) {
      const page = this.#bytes.subarray(offset, offset + PAGE_BYTES);
      if (page.some((byte) => byte !== 0)) yield { offset, pages: [page] };
    }
  }

  snapshot(): ImageBytes {
    return new ImageBytes(this.#bytes.slice());
  }

  read(offset: number, target: Uint8Array): void {
    target.set(this.#bytes.subarray(offset, offset + target.length));
  }
}
