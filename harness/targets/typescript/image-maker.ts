import { mkfs, MkfsError, type MkfsOptions } from '../../../generated/impl/index.ts';
import { ImageError } from '../../image/image-overlay.ts';
import type { DiskImage } from '../../target.ts';

/** What a new image shall be; see impl/ext4/mkfs/options.ts. */
export type ImageRequest = MkfsOptions;

/** A new image, in memory as far as it holds something. Throws ImageError when there is no such file system. */
export function makeImage(request: ImageRequest): DiskImage {
  try {
    return mkfs(request);
  } catch (error) {
    if (error instanceof MkfsError) throw new ImageError(error.message);
    throw error;
  }
}
