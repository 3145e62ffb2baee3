import { createFile } from './creating.ts';
import type { Inode } from './inode.ts';
import { OpenFile } from './open-file.ts';
import { DONE, failure } from './outcome.ts';
import type { Errno, Handle, Outcome } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import type { State } from './state.ts';
import { setSize } from './truncating.ts';

type Open = OperationOf<'open'>;

/**
 * open(2). ENOSPC is permitted where a file would be made; then nothing changes. A descriptor's name that is in use is
 * the caller's mistake, which no system call can answer: EBADF, and nothing changes.
 */
export function open(state: State, operation: Open): Outcome {
  const { flags, access, as: handle } = operation;
  if (state.handles.has(handle)) return failure('EBADF');
  // A regular file made by a call that asks for a directory would be an old bug (build_open_flags).
  if (flags.create === true && flags.directory === true) return failure('EINVAL');
  const inode = findOrCreate(state, operation);
  if (typeof inode === 'string') return failure(inode);
  if (inode.type === 'symlink') return failure('ELOOP');
  state.handles.set(handle, new OpenFile(handle, operation.path, inode, access, flags.append === true));
  return DONE;
}

export function close(state: State, handle: Handle): Outcome {
  return state.handles.delete(handle) ? DONE : failure('EBADF');
}

/** Walks to the last component and on along the links that it names, until there is something to open. */
function findOrCreate(state: State, { path, flags, access, mode }: Open): Inode | Errno {
  const { walk } = state;
  const create = flags.create === true;
  let follow = flags.nofollow !== true && !(create && flags.exclusive === true);
  let directoryOnly = flags.directory === true;
  let error = walk.start(path);
  while (error === null) {
    if (walk.trailingSlash) {
      if (create) return 'EISDIR';
      follow = true;
      directoryOnly = true;
    }
    const inode = walk.lookupLast();
    if (inode === 'ENOENT' && create) return createFile(state, mode);
    if (typeof inode === 'string') return inode;
    if (inode.type !== 'symlink' || !follow) {
      if (create && flags.exclusive === true) return 'EEXIST';
      if (create && inode.type === 'directory') return 'EISDIR';
      if (directoryOnly && inode.type !== 'directory') return 'ENOTDIR';
      return openExisting(state, inode, access !== 'read', flags.truncate === true);
    }
    error = walk.follow(inode);
  }
  return error;
}

/** What may_open and the truncation of an existing file answer. Truncation needs no access, but counts as a write. */
function openExisting(state: State, inode: Inode, writes: boolean, truncates: boolean): Inode | Errno {
  if (inode.type === 'directory' && (writes || truncates)) return 'EISDIR';
  if (inode.type === 'file' && truncates) setSize(state, inode, 0);
  return inode;
}
