import { isDirectory, isRegular, type Inode } from '../ext4/inode/inode.ts';
import { setSize } from '../ext4/data/set-size.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { isAppendOnly, isImmutable } from './inode-flags.ts';
import type { KernelContext } from './kernel-context.ts';
import { resolve } from './path-walk.ts';

/** truncate(2): do_sys_truncate(). `size` is bytes. */
export function* truncate(context: KernelContext, path: string, size: number): Sleepable<void> {
  if (size < 0) fail('EINVAL');
  const inode = yield* resolve(context, path, true);
  try {
    if (isDirectory(inode.mode)) fail('EISDIR');
    if (!isRegular(inode.mode)) fail('EINVAL');
    context.wantWrite();
    if (isImmutable(inode) || isAppendOnly(inode)) fail('EPERM');
    yield* setSizeLocked(inode, size);
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
  context.wantWrite();
  yield* setSizeLocked(inode, size);
}

/** do_truncate() */
function* setSizeLocked(inode: Inode, size: number): Sleepable<void> {
  if (size > inode.sb.maxFileBytes) fail('EFBIG');
  yield* inode.lock.write();
  try {
    yield* setSize(inode, size);
  } finally {
    inode.lock.unlockWrite();
  }
}
