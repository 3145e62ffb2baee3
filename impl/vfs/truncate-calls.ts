import { isDirectory, isRegular, type Inode } from '../ext4/inode/inode.ts';
import { setSize } from '../ext4/data/set-size.ts';
import { dropCapability } from '../ext4/xattr/capability.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { changeInode } from './change-inode.ts';
import { isAppendOnly, isImmutable } from './inode-flags.ts';
import type { KernelContext } from './kernel-context.ts';
import { resolve } from './path-walk.ts';
import type { Credentials } from './permission/credentials.ts';
import { checkPermission, MAY_WRITE } from './permission/permission.ts';
import { modeAfterWrite } from './permission/privilege-bits.ts';

/** truncate(2): do_sys_truncate(). `size` is bytes. */
export function* truncate(context: KernelContext, path: string, size: number): Sleepable<void> {
  if (size < 0) fail('EINVAL');
  const inode = yield* resolve(context, path, true);
  try {
    if (isDirectory(inode.mode)) fail('EISDIR');
    if (!isRegular(inode.mode)) fail('EINVAL');
    yield* context.wantWrite();
    yield* checkPermission(context.caller, inode, MAY_WRITE);
    if (isAppendOnly(inode)) fail('EPERM');
    yield* truncateTo(context.caller, inode, size);
  } finally {
    yield* context.sb.inodes.put(inode);
  }
}

/** ftruncate(2): do_sys_ftruncate() */
export function* ftruncate(context: KernelContext, fd: number, size: number): Sleepable<void> {
  if (size < 0) fail('EINVAL');
  const { inode, writable } = context.files.get(fd);
  if (!isRegular(inode.mode) || !writable) fail('EINVAL');
  if (isAppendOnly(inode)) fail('EPERM');
  yield* context.wantWrite();
  yield* truncateTo(context.caller, inode, size);
}

/** do_truncate(). A program that runs as its owner does so no more. Fails with EPERM, EFBIG. */
export function* truncateTo(caller: Credentials, inode: Inode, size: number): Sleepable<void> {
  yield* inode.lock.write();
  try {
    if (isImmutable(inode)) fail('EPERM');
    const mode = modeAfterWrite(caller, inode);
    // Beyond this size nothing is done at all; a smaller limit of the file itself comes too late.
    if (size <= inode.sb.maxFileBytes) yield* dropCapability(inode);
    yield* setSize(inode, size);
    if (mode === inode.mode) return;
    yield* changeInode(inode, () => {
      inode.mode = mode;
    });
  } finally {
    inode.lock.unlockWrite();
  }
}
