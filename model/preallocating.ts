import type { FileInode } from './inode.ts';
import { doubtCopiesFrom } from './mapping-calls.ts';
import { DONE, failure } from './outcome.ts';
import type { Errno, Outcome } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import { FILE_BLOCKS_MAX } from './limits.ts';
import { bitsDroppedByWriting, dropCapability, dropPrivileges } from './privileges.ts';
import type { State } from './state.ts';
import { compareTimes } from './times.ts';

type Fallocate = OperationOf<'fallocate'>;

/**
 * fallocate(2). The model has no blocks, so that what only reserves space changes nothing but size and times. When it
 * runs out of space, part of it may have happened: the size that is left is open until somebody looks (`openSize`),
 * and so are bytes that were to go.
 */
export function fallocate(state: State, operation: Fallocate): Outcome {
  const file = state.handles.get(operation.handle);
  if (file === undefined) return failure('EBADF');
  const { mode, offset, length } = operation;
  if (offset < 0 || length <= 0) return failure('EINVAL');
  const { inode } = file;
  if (!file.writable || inode.type !== 'file') return failure('EBADF');
  const refused = refusal(state, inode, operation);
  if (refused !== null) return failure(refused);
  const isTooFar = mode === 'insert' && (pushesOut(state, inode, length) ?? state.observedErrno === 'EINVAL');
  // Times and privileges go first, whatever comes of it (file_modified in ext4_fallocate).
  if (inode.flags.append && bitsDroppedByWriting(state, inode) !== 0) return failure('EPERM');
  dropCapability(state, inode);
  dropPrivileges(state, inode);
  state.markModified(inode);
  const error = changeError(state, inode, operation);
  if (error !== null) return failure(error);
  if (mode === 'collapse' || mode === 'insert') doubtCopiesFrom(state, inode, offset);
  if (isTooFar) {
    // Linux 6.18 on a loop mount: the size has grown, and nothing has moved.
    inode.contents.truncate(inode.contents.size + length);
    return failure('EINVAL');
  }
  inode.reservedBytes = reserved(inode, operation);
  if (!state.ranOutOfSpace) {
    change(state, inode, operation);
    if (mode === 'allocate' || mode === 'keep-size')
      inode.reserved = { end: offset + length, ctime: inode.ctime };
    return DONE;
  }
  leaveOpen(state, inode, operation);
  return failure('ENOSPC');
}

/** The checks of vfs_fallocate that come before the file is touched, and the first of ext4_fallocate. */
function refusal(state: State, inode: FileInode, { mode, offset, length }: Fallocate): Errno | null {
  const { options } = state;
  if (inode.flags.append && mode !== 'allocate' && mode !== 'keep-size') return 'EPERM';
  if (inode.flags.immutable) return 'EPERM';
  if (state.isSwapFile(inode)) return 'ETXTBSY';
  if (offset + length > options.maxReadBytes) return 'EFBIG';
  return mode === 'write-zeroes' && !options.writeZeroes ? 'EOPNOTSUPP' : null;
}

/** The checks of ext4_do_fallocate, ext4_zero_range, ext4_collapse_range and ext4_insert_range, in their order. */
function changeError({ options }: State, inode: FileInode, operation: Fallocate): Errno | null {
  const { mode, offset, length } = operation;
  if (mode === 'punch') return null;
  if (!inode.extents) return 'EOPNOTSUPP';
  if (mode !== 'collapse' && mode !== 'insert') return null;
  const { clusterBytes, maxReadBytes } = options;
  if (offset % clusterBytes !== 0 || length % clusterBytes !== 0) return 'EINVAL';
  const { size } = inode.contents;
  if (mode === 'collapse') return offset + length >= size ? 'EINVAL' : null;
  if (offset >= size) return 'EINVAL';
  return length > maxReadBytes - size ? 'EFBIG' : null;
}

/** What is reserved grows; what is given back again is not followed. */
function reserved({ reservedBytes }: FileInode, { mode, offset, length }: Fallocate): number {
  if (mode === 'punch' || mode === 'collapse') return reservedBytes;
  return mode === 'insert' ? reservedBytes + length : Math.max(reservedBytes, offset + length);
}

/**
 * Whether an insertion of `length` bytes pushes reserved blocks behind the last block that an extent can name, which
 * lies behind the end of the largest file where there is no huge_file (ext4_ext_shift_extents; Linux 6.18 was asked). Null where nobody
 * knows: something has changed the file since they were reserved, and may have given them back. That is no fair question, but comes
 * up where an earlier answer was a choice.
 */
function pushesOut({ options }: State, inode: FileInode, length: number): boolean | null {
  const room = FILE_BLOCKS_MAX * options.blockSizeBytes - length;
  if (inode.reservedBytes <= room) return false;
  const { reserved: last, ctime } = inode;
  const isThere = last !== null && inode.openCtimes.length === 0 && compareTimes(last.ctime, ctime) === 0;
  return isThere && last.end > room ? true : null;
}

/** How far an insertion pushes what was reserved beyond the end depends on how much of it there still is. */
export function isKnownInsertion(state: State, { handle, mode, length }: Fallocate): boolean {
  const file = state.handles.get(handle);
  if (file?.inode.type !== 'file' || mode !== 'insert') return true;
  return pushesOut(state, file.inode, length) !== null;
}

function change(state: State, inode: FileInode, { mode, offset, length }: Fallocate): void {
  const { contents } = inode;
  const end = offset + length;
  switch (mode) {
    case 'keep-size':
      return;
    case 'punch':
      contents.zero(offset, Math.min(end, punchMax(state, inode)));
      return;
    case 'collapse':
      contents.collapse(offset, end);
      return;
    case 'insert':
      contents.insert(offset, length);
      return;
    case 'zero-keep-size':
      contents.zero(offset, end);
      return;
    case 'zero':
    case 'write-zeroes':
      contents.zero(offset, end);
      if (end > contents.size) contents.truncate(end);
      return;
    case 'allocate':
      if (end > contents.size) contents.truncate(end);
  }
}

/** With indirect blocks the last block of the largest file is never punched (ext4_punch_hole). */
const punchMax = ({ options }: State, { extents }: FileInode): number =>
  extents ? Infinity : options.maxIndirectBytes - options.blockSizeBytes;

/** The largest multiple of `unit` before `end`. */
const lastBelow = (end: number, unit: number): number => (Math.ceil(end / unit) - 1) * unit;

/** What may be the case after part of a change. */
function leaveOpen({ options }: State, inode: FileInode, { mode, offset, length }: Fallocate): void {
  const unit = options.blockSizeBytes;
  const { contents } = inode;
  const { size } = contents;
  const end = offset + length;
  switch (mode) {
    case 'keep-size':
      return;
    case 'allocate':
      // The size follows what was allocated, and the last of it was not (ext4_alloc_file_blocks).
      if (end > size) inode.openSize = { least: size, most: lastBelow(end, unit), unit, unknown: end };
      return;
    case 'zero':
    case 'write-zeroes':
      if (end > size) inode.openSize = { least: size, most: end, unit, unknown: end };
      contents.forget(offset, Math.min(end, size));
      return;
    case 'insert':
      // The size grows first, and then there is no room to split what lies there.
      inode.openSize = { least: size, most: size + length, unit: length, unknown: size + length };
      contents.forget(offset, size);
      return;
    case 'collapse':
      contents.forget(offset, size);
      return;
    default:
      contents.forget(offset, Math.min(end, size));
  }
}
