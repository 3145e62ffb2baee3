import type { FileInode } from './inode.ts';
import { largestBytes, outgrow } from './inline-data.ts';
import { DONE, failure } from './outcome.ts';
import type { Errno, Outcome } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import { unmapBehind } from './mapping-calls.ts';
import { WRITE, accessError } from './permission.ts';
import { dropCapability, dropPrivileges } from './privileges.ts';
import type { State } from './state.ts';

/** truncate(2). The size is looked at before the path. */
export function truncate(state: State, operation: OperationOf<'truncate'>): Outcome {
  if (operation.size < 0) return failure('EINVAL');
  const inode = state.walk.resolve(operation.path, true);
  if (typeof inode === 'string') return failure(inode);
  if (inode.type === 'directory') return failure('EISDIR');
  if (inode.type !== 'file') return failure('EINVAL');
  const error = accessError(state, inode, WRITE);
  return error === null ? resize(state, inode, operation.size) : failure(error);
}

/** ftruncate(2). The size is looked at before the descriptor. */
export function ftruncate(state: State, operation: OperationOf<'ftruncate'>): Outcome {
  if (operation.size < 0) return failure('EINVAL');
  const file = state.handles.get(operation.handle);
  if (file === undefined) return failure('EBADF');
  if (file.inode.type !== 'file' || !file.writable) return failure('EINVAL');
  return resize(state, file.inode, operation.size);
}

/**
 * Sets the size. mtime and ctime become now in every case, also when the size stays (ext4_setattr, ext4_truncate); a
 * stranger's call takes the set-ID bits away (dentry_needs_remove_privs).
 */
export function setSize(state: State, inode: FileInode, size: number): Errno | null {
  if (inode.flags.immutable) return 'EPERM';
  if (size > state.options.maxReadBytes) return 'EFBIG';
  dropCapability(state, inode);
  if (size <= inode.contents.size && state.isSwapFile(inode)) return 'ETXTBSY';
  // What only the map does not reach is refused late (ext4_setattr).
  if (size > largestBytes(state, inode, ['EFBIG'])) return 'EFBIG';
  dropPrivileges(state, inode);
  outgrow(state, inode, size);
  inode.contents.truncate(size);
  if (state.mappings.size > 0) unmapBehind(state, inode, size);
  state.markModified(inode);
  return null;
}

function resize(state: State, inode: FileInode, size: number): Outcome {
  const error = inode.flags.append ? 'EPERM' : setSize(state, inode, size);
  return error === null ? DONE : failure(error);
}
