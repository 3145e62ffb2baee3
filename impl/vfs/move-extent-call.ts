import { moveExtents } from '../ext4/data/move-extents.ts';
import { isRegular } from '../ext4/inode/inode.ts';
import { RO_COMPAT } from '../ext4/super/features.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { KernelContext } from './kernel-context.ts';
import { lockTwo } from './rename-lock.ts';

/** Which blocks change places with which. */
export interface BlockExchange {
  readonly offset: number;
  readonly donorOffset: number;
  readonly length: number;
}

/**
 * ioctl(EXT4_IOC_MOVE_EXT), all in blocks; answers how many were moved. Fails with EBADF unless the file is open for reading and
 * writing and the donor for writing, EROFS, and as moveExtents does.
 */
export function* moveExtent(
  context: KernelContext,
  fd: number,
  donorFd: number,
  { offset, donorOffset, length }: BlockExchange,
): Sleepable<number> {
  const { files, sb } = context;
  const { inode, readable, writable } = files.get(fd);
  if (!readable || !writable) fail('EBADF');
  const { inode: donor, writable: mayTake } = files.get(donorFd);
  if (!mayTake) fail('EBADF');
  if ((sb.features.roCompat & RO_COMPAT.bigalloc) !== 0) fail('EOPNOTSUPP');
  yield* context.wantWrite();
  if (inode === donor || !isRegular(inode.mode) || !isRegular(donor.mode)) fail('EINVAL');
  const [first, second] = inode.ino < donor.ino ? [inode, donor] : [donor, inode];
  yield* lockTwo(first, second);
  try {
    return yield* moveExtents({ inode, donor, start: offset, donorStart: donorOffset, length });
  } finally {
    second.lock.unlockWrite();
    first.lock.unlockWrite();
  }
}
