import { commitChanges, fallocateFile, type FallocateMode } from '../ext4/fallocate/fallocate.ts';
import { isDirectory, isFifo, isRegular } from '../ext4/inode/inode.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { isAppendOnly, isImmutable } from './inode-flags.ts';
import type { KernelContext } from './kernel-context.ts';

/** fallocate(2): vfs_fallocate(). Bytes. */
export function* fallocate(
  context: KernelContext,
  fd: number,
  mode: FallocateMode,
  offset: number,
  length: number,
): Sleepable<void> {
  const file = context.files.get(fd);
  if (offset < 0 || length <= 0) fail('EINVAL');
  const { inode } = file;
  if (!file.writable) fail('EBADF');
  if (isAppendOnly(inode) && mode !== 'allocate' && mode !== 'keep-size') fail('EPERM');
  if (isImmutable(inode)) fail('EPERM');
  if (inode.swapFile) fail('ETXTBSY');
  if (isFifo(inode.mode)) fail('ESPIPE');
  if (isDirectory(inode.mode)) fail('EISDIR');
  if (!isRegular(inode.mode)) fail('ENODEV');
  if (offset + length > inode.sb.maxFileBytes) fail('EFBIG');
  yield* context.wantWrite();
  context.sb.health.failInEmergency();
  yield* fallocateFile(inode, mode, { offset, end: offset + length }, context.caller);
  if (file.rules.sync !== 'none') yield* commitChanges(inode);
}
