import type { Operation } from '../model/index.ts';
import { drive } from './drive.ts';
import type { ImageFiles } from './image-file.ts';
import type { Setup } from './setup.ts';
import { StageClock } from './stage-clock.ts';
import { targetsNamed } from './targets/all.ts';
import type { Verdict } from './verdict.ts';

/** More than a small integer of the engine holds, and than a disk or a place in a file usually is. */
const LARGE_BYTES = 2 ** 32;
const FAR_BYTES = 2 ** 43;

/** The largest id that a caller can give. */
const LARGE_ID = 2 ** 32 - 2;

const SETUP: Setup = {
  blockSize: 4096,
  sizeBytes: LARGE_BYTES,
  format: { features: ['project', 'ea_inode'], inodeSize: 256 },
  mount: { delalloc: true, dioreadNolock: true, atime: 'relatime' },
};

const given = (path: string): Operation[] => [
  { op: 'set-project', path, project: LARGE_ID },
  { op: 'chown', path, uid: LARGE_ID, gid: LARGE_ID },
  { op: 'lsattr', path },
  { op: 'stat', path },
];

/** Every kind of inode with large ids, a file with a place far away in all the ways to reach it, and all of it read back. */
const OPERATIONS: readonly Operation[] = [
  { op: 'mkdir', path: 'd', mode: 0o755 },
  ...given('d'),
  { op: 'mkdir', path: 'd/e', mode: 0o755 },
  { op: 'mknod', path: 'd/p', type: 'fifo', mode: 0o644, device: { major: 0, minor: 0 } },
  { op: 'symlink', path: 'd/s', target: 'f' },
  { op: 'open', as: 'fd0', path: 'd/f', access: 'read-write', flags: { create: true }, mode: 0o644 },
  ...['d/e', 'd/p', 'd/f'].flatMap(given),
  { op: 'pwrite', handle: 'fd0', offset: FAR_BYTES, content: { seed: 1, length: 5000 } },
  { op: 'pread', handle: 'fd0', offset: FAR_BYTES, length: 5000 },
  { op: 'fallocate', handle: 'fd0', mode: 'keep-size', offset: FAR_BYTES + 8192, length: 16384 },
  { op: 'fsync', handle: 'fd0' },
  { op: 'pwrite', handle: 'fd0', offset: 100, content: { seed: 2, length: 5000 } },
  { op: 'setxattr', path: 'd/f', name: 'user.a', value: { seed: 3, length: 7000 } },
  {
    op: 'mmap',
    as: 'map0',
    handle: 'fd0',
    offset: FAR_BYTES,
    length: 8192,
    sharing: 'shared',
    access: 'read-write',
  },
  { op: 'store', mapping: 'map0', offset: 0, content: { seed: 4, length: 100 } },
  { op: 'munmap', mapping: 'map0' },
  { op: 'close', handle: 'fd0' },
  { op: 'sync' },
  { op: 'drop-caches' },
  { op: 'readdir', path: 'd' },
  ...['d', 'd/e', 'd/p', 'd/f'].map((path): Operation => ({ op: 'stat', path })),
];

/** A campaign of fewer sequences ends before it has won back what the rehearsal costs. */
const SEQUENCES_MIN = 1000;

/** Is it worth it? For targets that run in this thread, unless the campaign is a short one. */
export const rehearsalPays = (targets: readonly string[], sequencesMax: number | null): boolean =>
  targets.some((name) => name.startsWith('impl:')) && (sequencesMax ?? SEQUENCES_MIN) >= SEQUENCES_MIN;

/**
 * Shows the engine the largest numbers before it has compiled anything. A member that has only held small integers has a
 * form of its own in V8: when the first large one comes, every function that knows the class is thrown away, and that were
 * hundreds, several times in the first minute. One sequence with large numbers in all places costs a campaign less. The
 * targets are nobody else's, so that no table counts what is done here.
 */
export async function rehearse(images: ImageFiles): Promise<Verdict> {
  const { verdict } = await drive(SETUP, OPERATIONS, {
    targets: targetsNamed(['impl:buffer_head', 'impl:iomap']),
    faults: [],
    stages: null,
    e2fsck: null,
    images,
    clock: new StageClock(),
  });
  return verdict;
}
