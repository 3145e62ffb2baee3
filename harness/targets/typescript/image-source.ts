import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { MemoryDisk } from '../../../generated/impl/index.ts';
import type { ImageSource } from '../../corrupt/seed-images.ts';
import type { DiskImage } from '../../target.ts';
import { dissect } from './dissection.ts';
import { typescriptTargets } from './target.ts';

const WINDOW_BYTES = 1 << 22;

/** Makes images with the TypeScript ext4, and takes any apart. */
export function typescriptImageSource(): ImageSource {
  const [target] = typescriptTargets();
  if (target === undefined) throw new Error('there is no target');
  return { target, dissect, load: loadImage };
}

/** The image in a file, in memory; what is zero there costs nothing. */
export function loadImage(path: string): DiskImage {
  const file = openSync(path, 'r');
  try {
    const window = new Uint8Array(WINDOW_BYTES);
    let start = -1;
    return MemoryDisk.load(fstatSync(file).size, (offset, target) => {
      if (start < 0 || offset < start || offset + target.length > start + WINDOW_BYTES) {
        start = offset;
        window.fill(0);
        readSync(file, window, 0, WINDOW_BYTES, start);
      }
      target.set(window.subarray(offset - start, offset - start + target.length));
      return target.length;
    });
  } finally {
    closeSync(file);
  }
}
