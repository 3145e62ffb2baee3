import { fsyncInode } from '../ext4/data/fsync.ts';
import { syncFileSystem } from '../ext4/data/sync.ts';
import { fail, Failure } from '../lib/errno.ts';
import { waitForWriteback, writeRange } from '../mm/filemap.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { KernelContext } from './kernel-context.ts';
import type { SyncWait } from './types.ts';

/** System calls that make what was written durable, or say that it was lost. */

/** fsync(2), and fdatasync(2) with `dataOnly`. */
export function* fsync(context: KernelContext, fd: number, dataOnly: boolean): Sleepable<void> {
  const file = context.files.get(fd);
  yield* fsyncInode(file.inode, { start: 0, end: Infinity, dataOnly }, file);
}

/**
 * sync_file_range(2). A wait reports lost writes, once for each descriptor. Fails with EINVAL for negative numbers; an end
 * beyond the 63 bits of an offset, which it refuses, too, cannot be said in a safe integer.
 */
export function* syncFileRange(
  context: KernelContext,
  fd: number,
  offset: number,
  length: number,
  wait: SyncWait,
  write: boolean,
): Sleepable<void> {
  const waitBefore = wait === 'before' || wait === 'both';
  const waitAfter = wait === 'after' || wait === 'both';
  const file = context.files.get(fd);
  if (offset < 0 || length < 0) fail('EINVAL');
  const { mapping } = file.inode;
  const end = length === 0 ? Infinity : offset + length;
  if (waitBefore) {
    yield* waitForWriteback(mapping, offset, end);
    mapping.reportError(file);
  }
  if (write) yield* writeRange(mapping, offset, end, waitBefore && waitAfter ? 'all' : 'none');
  if (waitAfter) {
    yield* waitForWriteback(mapping, offset, end);
    mapping.reportError(file);
  }
}

/** syncfs(2) */
export function* syncfs(context: KernelContext, fd: number): Sleepable<void> {
  const { superErrors } = context.files.get(fd);
  const { sb } = context;
  yield* syncFileSystem(sb);
  const errno = sb.lostWrites.check(superErrors);
  if (errno !== null) throw new Failure(errno);
}
