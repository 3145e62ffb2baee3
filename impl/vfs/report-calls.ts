import { fiemap as fiemapOf, type FiemapExtent, type FiemapFlags } from '../ext4/data/fiemap.ts';
import { seekContents as seekIn } from '../ext4/data/seek.ts';
import { isDirectory, isRegular } from '../ext4/inode/inode.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { KernelContext } from './kernel-context.ts';

/** System calls that tell where the bytes of an open file are. */

/** ioctl(FS_IOC_FIEMAP). Fails with EOPNOTSUPP for what is neither a file nor a directory. */
export function* fiemap(
  context: KernelContext,
  fd: number,
  offset: number,
  length: number,
  flags: FiemapFlags,
): Sleepable<readonly FiemapExtent[]> {
  const { inode } = context.files.get(fd);
  if (!isRegular(inode.mode) && !isDirectory(inode.mode)) fail('EOPNOTSUPP');
  return yield* fiemapOf(inode, offset, length, flags);
}

/** FIBMAP speaks of a block of the device in an int. */
const BLOCK_MAX = 2 ** 31 - 1;

/** ioctl(FIBMAP): 0 for what has no place. Fails with EPERM, EINVAL, ENOTTY, ERANGE. */
export function* bmap(context: KernelContext, fd: number, block: number): Sleepable<number> {
  const { inode } = context.files.get(fd);
  if (!isRegular(inode.mode)) fail('ENOTTY');
  if (!context.caller.privileged) fail('EPERM');
  if (block < 0) fail('EINVAL');
  const found = yield* inode.mapping.operations.bmap(inode.mapping, block);
  if (found > BLOCK_MAX) fail('ERANGE');
  return found;
}

/** lseek(2) with SEEK_DATA and SEEK_HOLE. */
export function* seekContents(
  context: KernelContext,
  fd: number,
  offset: number,
  whence: 'data' | 'hole',
): Sleepable<number> {
  const file = context.files.get(fd);
  file.position = yield* seekIn(file.inode, offset, whence);
  return file.position;
}
