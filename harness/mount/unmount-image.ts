import { realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MNT_DETACH, type Libc } from '../fuse/libc.ts';
import { isServed } from './image-lock.ts';
import { loadedLibc } from './loaded-libc.ts';
import { errnoName, MountError } from './mount-error.ts';
import { ourMounts, type MountedAt } from './mount-table.ts';

/** How often is looked whether the server has ended. */
const LOOK_EVERY_MS = 20;

/** How a mount is to end. */
export interface UnmountChoice {
  /** Also while files are open there: who has them gets errors. */
  readonly force: boolean;
  /** How long the server may need to write what is left, milliseconds. */
  readonly waitMs: number;
}

/**
 * Unmounts an image, which is named by its mount point or by its file, and waits until its server has written everything and
 * ended. Answers what was unmounted. Throws MountError.
 */
export async function unmountImage(name: string, { force, waitMs }: UnmountChoice): Promise<MountedAt> {
  const libc = await loadedLibc();
  const found = mountOf(name);
  const { mountPoint, source } = found;
  const errno = await libc.unmount(mountPoint, force || !isServed(libc, source) ? MNT_DETACH : 0);
  if (errno !== 0) throw new MountError(refusal(mountPoint, errnoName(errno)));
  if (!(await hasEnded(libc, source, waitMs)))
    throw new MountError(`${mountPoint} is unmounted, but whoever served ${source} has not ended yet`);
  return found;
}

/** The last one, where several lie on top of each other. */
function mountOf(name: string): MountedAt {
  const path = realPathOf(name);
  const found = ourMounts().findLast(({ mountPoint, source }) => mountPoint === path || source === path);
  return found ?? refuse(`nothing of twinpath is mounted on ${name}`);
}

/** Without a look at the path itself: a mount point may be dead, or its server stopped. */
function realPathOf(name: string): string {
  const path = resolve(name);
  if (ourMounts().some(({ mountPoint }) => mountPoint === path)) return path;
  try {
    const inFolder = join(realpathSync(dirname(path)), path.slice(dirname(path).length));
    return ourMounts().some(({ mountPoint }) => mountPoint === inFolder) ? inFolder : realpathSync(path);
  } catch {
    return path;
  }
}

function refusal(mountPoint: string, errno: string): string {
  if (errno === 'EBUSY')
    return `${mountPoint} is in use: close what is open there, or say --force, and whoever has files open gets errors`;
  return errno === 'EPERM' ? `only root may unmount ${mountPoint}` : `umount of ${mountPoint}: ${errno}`;
}

async function hasEnded(libc: Libc, image: string, waitMs: number): Promise<boolean> {
  const end = performance.now() + waitMs;
  while (isServed(libc, image)) {
    if (performance.now() > end) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

function refuse(message: string): never {
  throw new MountError(message);
}
