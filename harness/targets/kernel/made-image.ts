import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DiskImage } from '../../target.ts';
import { SparseImage } from './sparse-image.ts';

/** Makes an image of so many bytes by whatever `fill` does to a file of that size. */
export function madeIn(sizeBytes: number, fill: (path: string) => void): DiskImage {
  const folder = mkdtempSync(join(tmpdir(), 'twinpath-mkfs-'));
  try {
    const path = join(folder, 'image');
    writeFileSync(path, '');
    truncateSync(path, sizeBytes);
    fill(path);
    return SparseImage.scan(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
