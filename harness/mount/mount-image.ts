import { realpathSync, statSync } from 'node:fs';
import { FuseConnection } from '../fuse/connection.ts';
import { MNT_DETACH, MS_NODEV, MS_NOSUID, MS_RDONLY, type Libc } from '../fuse/libc.ts';
import { TRANSFER_MAX_BYTES } from '../fuse/init-handler.ts';
import type { NodeTree } from '../fuse/node-tree.ts';
import type { ByteStore } from '../image/byte-store.ts';
import { ImageDisk } from '../image/image-disk.ts';
import { ImageOverlay } from '../image/image-overlay.ts';
import { mountTree } from '../targets/typescript/mounted-tree.ts';
import { clearDeadMounts } from './dead-mounts.ts';
import { FuseDevice } from './fuse-device.ts';
import { lockImage, type ImageLock } from './image-lock.ts';
import { loadedLibc } from './loaded-libc.ts';
import { codeOf, errnoName, MountError } from './mount-error.ts';
import type { KernelMountOptions, MountChoice } from './mount-options.ts';
import { MountServer } from './mount-server.ts';
import { MOUNT_TYPE, ourMounts } from './mount-table.ts';

/** Whom a mount tells what happens to it. */
export interface MountWatcher {
  /** The mount is there; from now on others can use it. */
  mounted(mountPoint: string): void;
  /** Something that the user may want to know. */
  notice(words: string): void;
}

const MS_NOEXEC = 8;

/** How long the kernel may believe names and attributes. Nobody but the kernel changes anything, and it knows what it asks for. */
const VALIDITY = { seconds: 1, nanoseconds: 0 };
const CACHED_VALIDITY = { seconds: 3600, nanoseconds: 0 };

/**
 * Mounts an image on a folder and serves it, until somebody unmounts it or `stop` says so. Throws MountError or ImageError when
 * that cannot be done, and what the file system broke with.
 */
export async function mountImage(
  image: string,
  folder: string,
  choice: MountChoice,
  watcher: MountWatcher,
  stop: AbortSignal,
): Promise<void> {
  const libc = await loadedLibc();
  for (const dead of await clearDeadMounts(libc))
    watcher.notice(`${dead} had lost its server, and was unmounted`);
  const mountPoint = realFolder(folder);
  if (ourMounts().some((one) => one.mountPoint === mountPoint))
    throw new MountError(`${mountPoint} has an image mounted on it already`);
  const path = realImage(image);
  const lock = lockOrRefuse(libc, path);
  try {
    const store = choice.image.readOnly ? ImageOverlay.open(path) : ImageDisk.open(path, libc);
    try {
      await new ImageMount(libc, path, mountPoint, choice, watcher).serve(store, stop);
    } finally {
      store.close();
    }
  } finally {
    lock.release();
  }
}

function realFolder(folder: string): string {
  try {
    if (!statSync(folder).isDirectory()) throw new MountError(`${folder} is not a folder`);
    return realpathSync(folder);
  } catch (error) {
    if (error instanceof MountError) throw error;
    const what = codeOf(error) === 'ENOENT' ? 'is not there' : `cannot be used: ${String(codeOf(error))}`;
    throw new MountError(`the folder ${folder} ${what}`);
  }
}

function realImage(image: string): string {
  try {
    return realpathSync(image);
  } catch (error) {
    throw new MountError(`${image} cannot be opened: ${String(codeOf(error))}`);
  }
}

function lockOrRefuse(libc: Libc, image: string): ImageLock {
  try {
    return lockImage(libc, image) ?? refuseLocked(image);
  } catch (error) {
    if (error instanceof MountError) throw error;
    throw new MountError(`${image} cannot be opened: ${String(codeOf(error))}`);
  }
}

function refuseLocked(image: string): never {
  throw new MountError(`${image} is mounted already, or in use by another program that locks it`);
}

/** One image on one folder. */
class ImageMount {
  readonly #libc: Libc;
  readonly #image: string;
  readonly #mountPoint: string;
  readonly #choice: MountChoice;
  readonly #watcher: MountWatcher;

  constructor(libc: Libc, image: string, mountPoint: string, choice: MountChoice, watcher: MountWatcher) {
    this.#libc = libc;
    this.#image = image;
    this.#mountPoint = mountPoint;
    this.#choice = choice;
    this.#watcher = watcher;
  }

  async serve(store: ByteStore, stop: AbortSignal): Promise<void> {
    const device = new FuseDevice(this.#libc);
    const tree = this.#orClose(device, () => mountTree(store, this.#choice.image, clock));
    for (const words of tree.notices) this.#watcher.notice(words);
    try {
      this.#mount(device.file);
    } catch (error) {
      device.close();
      tree.close();
      throw error;
    }
    await this.#answerAll(device, tree, stop);
    tree.close();
  }

  #orClose(device: FuseDevice, make: () => NodeTree): NodeTree {
    try {
      return make();
    } catch (error) {
      device.close();
      throw error;
    }
  }

  #mount(file: number): void {
    const { image, kernel } = this.#choice;
    const flags = mountFlags(kernel) | (image.readOnly ? MS_RDONLY : 0);
    const errno = this.#libc.mount(this.#image, this.#mountPoint, MOUNT_TYPE, flags, mountData(file, kernel));
    if (errno === 0) return;
    const name = errnoName(errno);
    const why =
      name === 'EPERM'
        ? 'only root may mount here (or anybody inside `unshare --user --map-root-user --mount`)'
        : name;
    throw new MountError(`the kernel does not mount anything on ${this.#mountPoint}: ${why}`);
  }

  /** Serves to the end. However it comes, nobody is left waiting, and no dead mount stays. */
  async #answerAll(device: FuseDevice, tree: NodeTree, stop: AbortSignal): Promise<void> {
    const { kernelCache } = this.#choice.kernel;
    const validity = kernelCache ? CACHED_VALIDITY : VALIDITY;
    const connection = new FuseConnection(tree, { kernelCache, validity });
    const server = new MountServer(this.#libc, device, connection);
    this.#watcher.mounted(this.#mountPoint);
    let gone = false;
    const leave = (): void => {
      void this.#unmount().then(() => {
        gone = true;
      });
    };
    stop.addEventListener('abort', leave, { once: true });
    try {
      if (stop.aborted) leave();
      await server.serve(() => gone);
    } finally {
      stop.removeEventListener('abort', leave);
      device.close();
      if (
        ourMounts().some(
          ({ mountPoint, source }) => mountPoint === this.#mountPoint && source === this.#image,
        )
      )
        await this.#libc.unmount(this.#mountPoint, MNT_DETACH);
    }
  }

  /** umount(2), as the user would; what is still in use there loses its file system. */
  async #unmount(): Promise<void> {
    const errno = await this.#libc.unmount(this.#mountPoint, 0);
    if (errno === 0) return;
    this.#watcher.notice(
      errnoName(errno) === 'EBUSY'
        ? `${this.#mountPoint} is in use: it is unmounted all the same, and who has files open there gets errors`
        : `umount of ${this.#mountPoint}: ${errnoName(errno)}`,
    );
    await this.#libc.unmount(this.#mountPoint, MNT_DETACH);
  }
}

function clock(): { readonly seconds: number; readonly nanoseconds: number } {
  const now = Date.now();
  return { seconds: Math.floor(now / 1000), nanoseconds: (now % 1000) * 1_000_000 };
}

const mountFlags = ({ suid, dev, exec }: KernelMountOptions): number =>
  (suid ? 0 : MS_NOSUID) | (dev ? 0 : MS_NODEV) | (exec ? 0 : MS_NOEXEC);

/** The kernel checks permissions itself, by what files say; default_permissions is never left out. */
function mountData(file: number, { allowOther }: KernelMountOptions): string {
  const options = [
    `fd=${file}`,
    'rootmode=40000',
    `user_id=${process.getuid?.() ?? 0}`,
    `group_id=${process.getgid?.() ?? 0}`,
    'default_permissions',
    `max_read=${TRANSFER_MAX_BYTES}`,
  ];
  return [...options, ...(allowOther ? ['allow_other'] : [])].join(',');
}
