import { loadLibc, type Libc } from '../fuse/libc.ts';
import { MountError } from './mount-error.ts';

/** The binding, or MountError, which says why there is none. */
export async function loadedLibc(): Promise<Libc> {
  try {
    return await loadLibc();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new MountError(`mounting needs the package koffi, which does not work here: ${why}`);
  }
}
