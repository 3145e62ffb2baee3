import { isDirectory, isRegular, type Inode } from '../../ext4/inode/inode.ts';
import { fail } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { chmodInode, chownInode, setTimes } from '../attribute-calls.ts';
import { isAppendOnly } from '../inode-flags.ts';
import type { KernelContext } from '../kernel-context.ts';
import type { Credentials } from '../permission/credentials.ts';
import { truncateTo } from '../truncate-calls.ts';
import type { TimeChange } from '../types.ts';

/** struct iattr: what of an inode is to change. What is not there stays. */
export interface AttributeChanges {
  /** Permission bits, 07777. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Bytes. */
  readonly size?: number;
  readonly atime?: TimeChange;
  readonly mtime?: TimeChange;
  /** Who cuts the file loses the bits that let it run as somebody else, unless he is root. */
  readonly cutBy?: Credentials;
}

/** notify_change(), one attribute after the other. Size first: it is what may fail for want of space. */
export function* setAttributes(
  context: KernelContext,
  inode: Inode,
  changes: AttributeChanges,
): Sleepable<void> {
  const { caller } = context;
  yield* context.wantWrite();
  if (changes.size !== undefined) yield* resize(inode, changes.size, changes.cutBy ?? caller);
  yield* inode.lock.write();
  try {
    const { uid, gid, mode, atime = 'omit', mtime = 'omit' } = changes;
    if (uid !== undefined || gid !== undefined) yield* chownInode(caller, inode, uid ?? -1, gid ?? -1);
    if (mode !== undefined) yield* chmodInode(caller, inode, mode);
    if (atime !== 'omit' || mtime !== 'omit') yield* setTimes(caller, inode, atime, mtime);
  } finally {
    inode.lock.unlockWrite();
  }
}

function* resize(inode: Inode, size: number, caller: Credentials): Sleepable<void> {
  if (isDirectory(inode.mode)) fail('EISDIR');
  if (!isRegular(inode.mode) || size < 0) fail('EINVAL');
  if (isAppendOnly(inode)) fail('EPERM');
  yield* truncateTo(caller, inode, size);
}
