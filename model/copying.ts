import type { FileInode, Inode } from './inode.ts';
import { TRANSFER_BYTES_MAX } from './limits.ts';
import type { OpenFile } from './open-file.ts';
import { counted, failure } from './outcome.ts';
import type { Outcome } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import { lengthOf } from './sparse-contents.ts';
import type { State } from './state.ts';
import { writeTo } from './writing.ts';

/**
 * copy_file_range(2) within one file system, which copies through the page cache (splice_file_range). A null offset is the
 * descriptor's position, which moves.
 */
export function copyFileRange(state: State, operation: OperationOf<'copy-file-range'>): Outcome {
  const [from, to] = [state.handles.get(operation.from), state.handles.get(operation.to)];
  if (from === undefined || to === undefined) return failure('EBADF');
  if (from.inode.type === 'directory' || to.inode.type === 'directory') return failure('EISDIR');
  if (!from.readable || !to.writable || to.append) return failure('EBADF');
  if (to.inode.flags.immutable) return failure('EPERM');
  if (state.isSwapFile(from.inode) || state.isSwapFile(to.inode)) return failure('ETXTBSY');
  const source = operation.fromOffset ?? from.position;
  const target = operation.toOffset ?? to.position;
  const { maxReadBytes } = state.options;
  const size = from.inode.contents.size;
  if (target >= maxReadBytes) return failure('EFBIG');
  const length = Math.min(operation.length, Math.max(0, size - source), maxReadBytes - target);
  if (from.inode === to.inode && target + length > source && target < source + length) {
    return failure('EINVAL');
  }
  if (length === 0) return counted(0);
  const outcome = moveBytes(state, from.inode, source, to, target, Math.min(length, TRANSFER_BYTES_MAX));
  if (outcome.ok && outcome.value.kind === 'count') {
    const { count } = outcome.value;
    if (operation.fromOffset === null) from.position += count;
    if (operation.toOffset === null) to.position += count;
  }
  return outcome;
}

/** sendfile(2) from a file to a file, at the latter's position. */
export function sendfile(state: State, operation: OperationOf<'sendfile'>): Outcome {
  const [from, to] = [state.handles.get(operation.from), state.handles.get(operation.to)];
  if (from?.readable !== true || to?.writable !== true) return failure('EBADF');
  const source = operation.fromOffset ?? from.position;
  const length = Math.min(operation.length, TRANSFER_BYTES_MAX);
  const { maxReadBytes } = state.options;
  if (source + length > maxReadBytes && source >= maxReadBytes) return failure('EOVERFLOW');
  if (to.append) return failure('EINVAL');
  if (length === 0 || from.inode.type === 'directory') return spliceOfNothing(state, from.inode, length);
  const whole = Math.min(length, maxReadBytes - source);
  const outcome = moveBytes(state, from.inode, source, to, to.position, whole);
  if (outcome.ok && outcome.value.kind === 'count') {
    const { count } = outcome.value;
    if (count > 0) to.position += count;
    if (operation.fromOffset === null) from.position += count;
  }
  return outcome;
}

/** Also where nothing is asked for, and where a directory has nothing to give, it ends with an access (splice_direct_to_actor). */
function spliceOfNothing(state: State, from: Inode, length: number): Outcome {
  state.markAccessed(from);
  return length === 0 ? counted(0) : failure('EINVAL');
}

/** What is read is an access, whatever comes of it; what is written are bytes, also where there was a hole. */
function moveBytes(
  state: State,
  from: FileInode,
  source: number,
  to: OpenFile,
  target: number,
  length: number,
): Outcome {
  state.markAccessed(from);
  const runs = from.contents.read(source, length);
  const found = lengthOf(runs);
  if (found === 0) return counted(0);
  const outcome = writeTo(state, to, target, runs, { length: found });
  // Once more in the end (splice_direct_to_actor), when a file that is copied to itself has changed.
  state.markAccessed(from);
  return outcome;
}
