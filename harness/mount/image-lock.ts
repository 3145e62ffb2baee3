import { closeSync, openSync } from 'node:fs';
import type { Libc } from '../fuse/libc.ts';

/**
 * Whoever serves an image holds a lock on its file, which the kernel takes away when he ends, however he does: two servers
 * of one image would destroy it.
 */
export interface ImageLock {
  release(): void;
}

/** The lock, or null when somebody has it. Throws what node:fs throws when there is no such file. */
export function lockImage(libc: Libc, image: string): ImageLock | null {
  const file = openSync(image, 'r');
  if (libc.lock(file)) return { release: () => closeSync(file) };
  closeSync(file);
  return null;
}

/** Does somebody serve the image? No, when it is gone. */
export function isServed(libc: Libc, image: string): boolean {
  try {
    const lock = lockImage(libc, image);
    lock?.release();
    return lock === null;
  } catch {
    return false;
  }
}
