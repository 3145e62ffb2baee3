import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeImage } from '../image-file.ts';
import { findProgram, runSync } from '../process.ts';
import type { DiskImage } from '../target.ts';

/** tune2fs is not there, or refuses. */
export class TuneError extends Error {
  override readonly name = 'TuneError';
}

/** A copy of the image to which tune2fs has given these features, as in its `-O`. Throws TuneError. */
export function tunedImage(
  image: DiskImage,
  features: readonly string[],
  load: (path: string) => DiskImage,
): DiskImage {
  const program = findProgram('tune2fs');
  if (program === null) throw new TuneError('tune2fs is not installed');
  const folder = mkdtempSync(join(tmpdir(), 'twinpath-tune2fs-'));
  try {
    const path = join(folder, 'image');
    writeImage(image, path);
    const { exitCode, stderr } = runSync(program, ['-O', features.join(','), path], {});
    if (exitCode !== 0) throw new TuneError(`tune2fs -O ${features.join(',')}: ${stderr.trim()}`);
    return load(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
