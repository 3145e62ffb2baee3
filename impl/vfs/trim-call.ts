import type { TrimRange } from '../ext4/allocation/trim.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { KernelContext } from './kernel-context.ts';

/** ioctl(FITRIM): ext4_ioctl() down to ext4_trim_fs(). */
export function* trim(context: KernelContext, range: TrimRange): Sleepable<number> {
  const { device, blockAllocator } = context.sb;
  if (!context.caller.privileged) fail('EPERM');
  if (device.discard === undefined) fail('EOPNOTSUPP');
  return yield* blockAllocator.trim(range);
}
