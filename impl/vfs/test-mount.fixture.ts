import type { MemoryDisk } from '../block/memory-disk.ts';
import type { BlockDevice } from '../block/block-device.ts';
import type { FiemapExtent } from '../ext4/data/fiemap.ts';
import { mkfs, type MkfsOptions } from '../ext4/mkfs/mkfs.ts';
import { Failure } from '../lib/errno.ts';
import { FolioPool } from '../mm/folio-pool.ts';
import type { FileSystem } from './file-system.ts';
import { mount, type MountRequest } from './mount.ts';

/** Mounts for tests. Only for tests. */

const POOL = new FolioPool();

export const NOW = { seconds: 1_700_000_000, nanoseconds: 123_456_789 };

export const newDisk = (
  blockSize: 1024 | 2048 | 4096 = 1024,
  sizeBytes = 8 * 2 ** 20,
  more: Partial<MkfsOptions> = {},
): MemoryDisk =>
  mkfs({
    sizeBytes,
    blockSize,
    uuid: new Uint8Array(16).fill(7),
    hashSeed: new Uint8Array(16).fill(9),
    now: NOW.seconds,
    ...more,
  });

export const testMount = (disk: BlockDevice = newDisk(), request: MountRequest = {}): FileSystem =>
  mount(disk, { now: NOW, pool: POOL, ...request });

/** The errno with which a call fails, or 'done'. */
export function outcome(call: () => unknown): string {
  try {
    call();
    return 'done';
  } catch (error) {
    if (error instanceof Failure) return error.errno;
    throw error;
  }
}

/** FIEMAP of a name. */
export function extentsOf(fs: FileSystem, path: string): readonly FiemapExtent[] {
  const fd = fs.open(path, { access: 'read' });
  try {
    return fs.fiemap(fd);
  } finally {
    fs.close(fd);
  }
}

/** Makes a file with these bytes. */
export function putFile(fs: FileSystem, path: string, bytes: Uint8Array = new Uint8Array(0)): void {
  const fd = fs.open(path, { access: 'write', create: true, truncate: true });
  fs.write(fd, bytes);
  fs.close(fd);
}
