import { closeSync, ftruncateSync, openSync, writevSync } from 'node:fs';
import { join } from 'node:path';
import type { DiskImage } from './target.ts';

/** How many pieces one writev takes (IOV_MAX). */
const PIECES_MAX = 1024;

/** Writes a disk to a file that holds only what the disk holds: what lies between is a hole. */
export function writeImage(image: DiskImage, path: string): void {
  const file = openSync(path, 'w');
  try {
    ftruncateSync(file, image.sizeBytes);
    for (const { offset, pages } of image.extents()) {
      let position = offset;
      for (let done = 0; done < pages.length; done += PIECES_MAX) {
        const pieces = pages.length <= PIECES_MAX ? pages : pages.slice(done, done + PIECES_MAX);
        const length = pieces.reduce((sum, page) => sum + page.length, 0);
        if (writevSync(file, pieces, position) !== length) throw new Error(`${path}: the disk is full`);
        position += length;
      }
    }
    // The last page may reach beyond a disk whose size is no multiple of it.
    ftruncateSync(file, image.sizeBytes);
  } finally {
    closeSync(file);
  }
}

/** File names for images that are on their way to e2fsck; a name is used again when its image has been judged. */
export class ImageFiles {
  readonly #folder: string;
  readonly #free: string[] = [];
  #made = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Lets somebody use the image as a file, for as long as that takes. Throws at once when it cannot be written. */
  lend<T>(image: DiskImage, use: (path: string) => Promise<T>): Promise<T> {
    const path = this.#free.pop() ?? join(this.#folder, `image-${this.#made++}`);
    const giveBack = (): void => void this.#free.push(path);
    try {
      writeImage(image, path);
    } catch (error) {
      giveBack();
      throw error;
    }
    return use(path).finally(giveBack);
  }
}
