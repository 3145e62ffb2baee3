import type { MountOptions } from '../ext4/super/mount-options.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { KernelContext } from './kernel-context.ts';

/** Calls about the mount as a whole. */

/** What `mount -o remount` may change here; of dirsync it takes no notice (MS_RMT_MASK). */
export type ReconfigureOptions = Partial<
  Pick<
    MountOptions,
    'bufferedIomap' | 'delalloc' | 'dioreadNolock' | 'atime' | 'discard' | 'sync' | 'errors' | 'data' | 'dax'
  >
> & {
  /** Aborts the journal: nothing is changed from now on (EROFS), and the superblock says why. */
  readonly abort?: true;
};

/**
 * mount -o remount: __ext4_remount(). An inode in memory keeps the table that it has; another one is chosen when it is read
 * anew. Fails with EPERM; with EINVAL for another data mode, for what journalled data excludes, and for another choice of
 * dax.
 */
export function* reconfigure(
  context: KernelContext,
  { abort, ...changes }: ReconfigureOptions,
): Sleepable<void> {
  const { sb, caller } = context;
  if (!caller.privileged) fail('EPERM');
  const { options } = sb;
  if (changes.data !== undefined && changes.data !== options.data) fail('EINVAL');
  if (changes.dax !== undefined && changes.dax !== options.dax) fail('EINVAL');
  if (options.data === 'journal' && (changes.delalloc === true || changes.dioreadNolock === true))
    fail('EINVAL');
  sb.options = { ...options, ...changes };
  if (abort === true) yield* sb.health.abortedByUser();
}

/** ioctl(FIFREEZE). Fails with EPERM, EBUSY. */
export function* freeze({ sb, caller }: KernelContext): Sleepable<void> {
  if (!caller.privileged) fail('EPERM');
  yield* sb.freezer.freeze();
}

/** ioctl(FITHAW). Fails with EPERM, EINVAL. */
export function* thaw({ sb, caller }: KernelContext): Sleepable<void> {
  if (!caller.privileged) fail('EPERM');
  yield* sb.freezer.thaw();
}
