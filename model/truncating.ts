import type { FileInode } from './inode.ts';
import { DONE, failure } from './outcome.ts';
import type { Outcome } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import type { State } from './state.ts';

/** truncate(2). The size is looked at before the path. */
export function truncate(state: State, operation: OperationOf<'truncate'>): Outcome {
  if (operation.size < 0) return failure('EINVAL');
  const inode = state.walk.resolve(operation.path, true);
  if (typeof inode === 'string') return failure(inode);
  if (inode.type === 'directory') return failure('EISDIR');
  if (inode.type !== 'file') return failure('EINVAL');
  return resize(state, inode, operation.size);
}

/** ftruncate(2). The size is looked at before the descriptor. */
export function ftruncate(state: State, operation: OperationOf<'ftruncate'>): Outcome {
  if (operation.size < 0) return failure('EINVAL');
  const file = state.handles.get(operation.handle);
  if (file === undefined) return failure('EBADF');
  if (file.inode.type !== 'file' || !file.writable) return failure('EINVAL');
  return resize(state, file.inode, operation.size);
}

/** Sets the size. mtime and ctime become now in every case, also when the size stays (ext4_setattr, ext4_truncate). */
export function setSize(state: State, inode: FileInode, size: number): void {
  inode.contents.truncate(size);
  state.markModified(inode);
}

function resize(state: State, inode: FileInode, size: number): Outcome {
  if (size > state.options.maxFileBytes) return failure('EFBIG');
  setSize(state, inode, size);
  return DONE;
}
