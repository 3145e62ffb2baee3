import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { DiskImage } from '../harness/index.ts';

/** A disk in a file, as a target takes it. */
export function imageFile(path: string): DiskImage {
  const sizeBytes = statSync(path).size;
  const read = (offset: number, target: Uint8Array): void => {
    const file = openSync(path, 'r');
    readSync(file, target, 0, target.length, offset);
    closeSync(file);
  };
  return {
    sizeBytes,
    snapshot: () => imageFile(path),
    read,
    *extents() {
      const page = new Uint8Array(4096);
      for (let offset = 0; offset < sizeBytes; offset += page.length) {
        read(offset, page);
        if (page.some((byte) => byte !== 0)) yield { offset, pages: [page.slice()] };
      }
    },
  };
}
