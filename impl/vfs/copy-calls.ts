import { isDirectory, isRegular, type Inode } from '../ext4/inode/inode.ts';
import { fail, Failure } from '../lib/errno.ts';
import { PAGE_BYTES } from '../mm/page.ts';
import { wholeMemory } from '../mm/user-memory.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { touchAccessTime } from './access-time.ts';
import { readFile } from '../ext4/data/file.ts';
import { isImmutable } from './inode-flags.ts';
import type { KernelContext } from './kernel-context.ts';
import type { OpenFile } from './open-file.ts';
import { writeMemory } from './read-write-calls.ts';
import type { CopyEnd } from './types.ts';

/** System calls that copy between files without a detour through the process: splice, a pipe full at a time. */

/** Bytes of a pipe (PIPE_DEF_BUFFERS pages). */
const PIPE_PAGES = 16;

/** Where bytes come from and go to. */
interface Copy {
  readonly from: OpenFile;
  readonly to: OpenFile;
  fromOffset: number;
  toOffset: number;
}

/**
 * copy_file_range(2). Answers how many bytes there were, up to the end of the source. Fails with EBADF, EISDIR, EINVAL (the
 * ranges overlap), EPERM, EOVERFLOW, EFBIG, ENOSPC, EIO.
 */
export function* copyFileRange(
  context: KernelContext,
  from: CopyEnd,
  to: CopyEnd,
  length: number,
): Sleepable<number> {
  const copy = copyOf(context.files.get(from.fd), context.files.get(to.fd), from.offset, to.offset);
  const count = checkCopy(copy, length);
  if (count === 0) return 0;
  const copied = yield* splice(context, copy, count);
  if (from.offset === null) copy.from.position = copy.fromOffset;
  if (to.offset === null) copy.to.position = copy.toOffset;
  return copied;
}

const copyOf = (from: OpenFile, to: OpenFile, fromOffset: number | null, toOffset: number | null): Copy => ({
  from,
  to,
  fromOffset: fromOffset ?? from.position,
  toOffset: toOffset ?? to.position,
});

/** generic_copy_file_checks() and rw_verify_area(): answers how many bytes can be copied. */
function checkCopy({ from, to, fromOffset, toOffset }: Copy, length: number): number {
  for (const { inode } of [from, to]) if (isDirectory(inode.mode)) fail('EISDIR');
  if (!from.readable || !to.writable || to.rules.append) fail('EBADF');
  if (isImmutable(to.inode)) fail('EPERM');
  if (from.inode.swapFile || to.inode.swapFile) fail('ETXTBSY');
  // A sum that is negative no more has wrapped: the kernel adds without signs.
  for (const offset of [fromOffset, toOffset]) if (offset < 0 && offset + length >= 0) fail('EOVERFLOW');
  let count = Math.max(0, Math.min(length, from.inode.size - fromOffset));
  const limit = to.inode.sb.maxFileBytes;
  if (toOffset >= limit) fail('EFBIG');
  count = Math.min(count, limit - toOffset);
  const overlap = toOffset + count > fromOffset && toOffset < fromOffset + count;
  if (from.inode === to.inode && overlap) fail('EINVAL');
  if (fromOffset < 0 || toOffset < 0) fail('EINVAL');
  return count;
}

/**
 * sendfile(2) between files: from the offset, or the descriptor's position, to the other's position. Fails with EBADF, EINVAL,
 * EOVERFLOW, ENOSPC, EIO.
 */
export function* sendfile(
  context: KernelContext,
  toFd: number,
  { fd, offset }: CopyEnd,
  length: number,
): Sleepable<number> {
  const from = context.files.get(fd);
  if (!from.readable) fail('EBADF');
  if (offset !== null && offset < 0) fail('EINVAL');
  const to = context.files.get(toFd);
  if (!to.writable) fail('EBADF');
  const copy = copyOf(from, to, offset, null);
  const room = from.inode.sb.maxFileBytes - copy.fromOffset;
  if (length > room && room <= 0) fail('EOVERFLOW');
  if (to.rules.append) fail('EINVAL');
  if (length === 0 || !isRegular(from.inode.mode)) {
    // splice_direct_to_actor() ends with an access, whatever came of it.
    yield* touchAccessTime(from.inode);
    return length === 0 ? 0 : fail('EINVAL');
  }
  const copied = yield* splice(context, copy, Math.min(length, room));
  to.position = copy.toOffset;
  if (offset === null) from.position = copy.fromOffset;
  return copied;
}

/**
 * do_splice_direct(): a pipe is filled from one file and emptied into the other until enough was copied, or one of them can no
 * more. What was copied before a failure counts. Moves the offsets.
 */
function* splice(context: KernelContext, copy: Copy, length: number): Sleepable<number> {
  yield* context.wantWrite();
  context.sb.health.failInEmergency();
  let copied = 0;
  try {
    for (let whole = true; whole && copied < length;) {
      const pipe = yield* fillPipe(copy, length - copied);
      if (pipe.length === 0) break;
      const count = yield* emptyPipe(context, copy, pipe);
      copied += count;
      copy.fromOffset += count;
      copy.toOffset += count;
      whole = count === pipe.length;
    }
  } catch (error) {
    if (copied === 0 || !(error instanceof Failure)) throw error;
  } finally {
    // Once more in the end (splice_direct_to_actor), when a file that is copied to itself has changed.
    yield* touchAccessTime(copy.from.inode);
  }
  return copied;
}

/** As many bytes as the pipe has pages for: those of the cache are lent to it, those of a file without one copied (copy_splice_read). */
function* fillPipe({ from, fromOffset }: Copy, wanted: number): Sleepable<Uint8Array> {
  const copies = from.rules.direct || from.inode.dataPath.dax !== null;
  const room = PIPE_PAGES * PAGE_BYTES - (copies ? 0 : fromOffset % PAGE_BYTES);
  const pipe = new Uint8Array(Math.min(wanted, room));
  const count = yield* readForPipe(from, from.inode, fromOffset, pipe);
  return count === pipe.length ? pipe : pipe.subarray(0, count);
}

/** iter_file_splice_write(): goes on after a short write, and answers how much was taken; fails when that is nothing. */
function* emptyPipe(context: KernelContext, { to, toOffset }: Copy, pipe: Uint8Array): Sleepable<number> {
  let done = 0;
  try {
    while (done < pipe.length) {
      const memory = wholeMemory(done === 0 ? pipe : pipe.subarray(done));
      const { written } = yield* writeMemory(context, to, memory, toOffset + done, to.rules);
      if (written === 0) break;
      done += written;
    }
  } catch (error) {
    if (done === 0 || !(error instanceof Failure)) throw error;
  }
  return done;
}

function* readForPipe(
  { readahead, rules }: OpenFile,
  inode: Inode,
  position: number,
  target: Uint8Array,
): Sleepable<number> {
  const count = yield* readFile(inode, position, target, readahead, rules);
  yield* touchAccessTime(inode);
  return count;
}
