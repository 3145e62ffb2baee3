import {
  decodeName,
  encodeName,
  Failure,
  FolioPool,
  NodeFileSystem,
  type Timestamp,
} from '../../../generated/impl/index.ts';
import type { NodeTree, TreeCopyEnd, TreeFallocateMode, TreeStatistics } from '../../fuse/node-tree.ts';
import type { ByteStore } from '../../image/byte-store.ts';
import type { ImageMountOptions } from '../../mount/mount-options.ts';
import { byteDevice } from './byte-device.ts';
import { mounting } from './image-errors.ts';

/** Pages of the page cache: 64 MiB, half of which may be dirty. */
const CACHE_PAGES = 16_384;

/** Mounts an image for whoever asks by numbers of inodes. Throws ImageError. */
export function mountTree(store: ByteStore, options: ImageMountOptions, clock: () => Timestamp): NodeTree {
  return mounting(() => new MountedTree(store, options, clock));
}

class MountedTree extends NodeFileSystem implements NodeTree {
  readonly #clock: () => Timestamp;
  readonly decodeName = decodeName;
  readonly encodeName = encodeName;

  constructor(store: ByteStore, options: ImageMountOptions, clock: () => Timestamp) {
    const pool = new FolioPool(CACHE_PAGES);
    super(byteDevice(store), { ...options, protectedHardlinks: false, pool, now: clock() });
    this.#clock = clock;
  }

  get notices(): readonly string[] {
    return this.volume.notices;
  }

  errnoOf(error: unknown): string | null {
    return error instanceof Failure ? error.errno : null;
  }

  override actAs(uid: number, gid: number, umask?: number): void {
    this.volume.now = this.#clock();
    super.actAs(uid, gid, umask);
  }

  release(handle: number): void {
    this.volume.close(handle);
  }

  fallocate(handle: number, mode: TreeFallocateMode, offset: number, length: number): void {
    this.volume.fallocate(handle, mode, offset, length);
  }

  seek(handle: number, offset: number, whence: 'data' | 'hole'): number {
    return this.volume.seek(handle, offset, whence);
  }

  copy(from: TreeCopyEnd, to: TreeCopyEnd, length: number): number {
    return this.volume.copyFileRange(from, to, length);
  }

  fsync(handle: number, dataOnly: boolean): void {
    if (dataOnly) this.volume.fdatasync(handle);
    else this.volume.fsync(handle);
  }

  getFlags(handle: number): number {
    return this.volume.getFlags(handle);
  }

  setFlags(handle: number, flags: number): void {
    this.volume.setFlags(handle, flags);
  }

  getProject(handle: number): number {
    return this.volume.getProject(handle);
  }

  setProject(handle: number, project: number, inherit: boolean): void {
    this.volume.setProject(handle, project, inherit);
  }

  getGeneration(handle: number): number {
    return this.volume.getGeneration(handle);
  }

  setGeneration(handle: number, generation: number): void {
    this.volume.setGeneration(handle, generation);
  }

  trim(start: number, length: number, minimum: number): number {
    return this.volume.trim(start, length, minimum);
  }

  statfs(): TreeStatistics {
    return this.volume.statfs();
  }

  sync(): void {
    this.volume.sync();
  }

  relieve(): void {
    this.volume.dropCaches();
  }
}
