import { createFile, createUnnamedFile } from './creating.ts';
import type { DirectoryInode, Inode } from './inode.ts';
import { OpenFile } from './open-file.ts';
import { DONE, failure } from './outcome.ts';
import type { Access, Errno, Handle, Outcome, Path } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import { READ, WRITE, accessError } from './permission.ts';
import type { State } from './state.ts';
import { setSize } from './truncating.ts';

const STICKY_FOR_ALL = 0o1002;

type Open = OperationOf<'open'>;

/**
 * open(2). ENOSPC is permitted where a file would be made; then nothing changes. A descriptor's name that is in use is
 * the caller's mistake, which no system call can answer: EBADF, and nothing changes.
 */
export function open(state: State, operation: Open): Outcome {
  const { flags, as: handle } = operation;
  if (state.handles.has(handle)) return failure('EBADF');
  const inode = flags.tmpfile === true ? makeUnnamed(state, operation) : findOrCreate(state, operation);
  if (typeof inode === 'string') return failure(inode);
  if (inode.type !== 'file' && inode.type !== 'directory') return failure('ENXIO');
  // Only regular files can do without the page cache (do_dentry_open).
  if (inode.type === 'directory' && flags.direct === true) return failure('EINVAL');
  state.handles.set(
    handle,
    new OpenFile(handle, operation.path, inode, operation.access, flags, state.caller),
  );
  return DONE;
}

export function close(state: State, handle: Handle): Outcome {
  return state.handles.delete(handle) ? DONE : failure('EBADF');
}

/** The inode that an open without flags finds, for calls that need a descriptor only to name an inode. */
export function findToOpen(state: State, path: Path, access: Access): Inode | Errno {
  const inode = findOrCreate(state, { op: 'open', as: 'fd0', path, access, flags: {}, mode: 0 });
  return typeof inode === 'string' || canBeOpened(inode) ? inode : 'ENXIO';
}

/** The device of the number may be missing, a whiteout has none, nobody listens to a socket, and a fifo waits for its other end. */
const canBeOpened = ({ type }: Inode): boolean => type === 'file' || type === 'directory';

/** The one that open(path, O_RDONLY) finds. */
export const openForLooking = (state: State, path: Path): Inode | Errno => findToOpen(state, path, 'read');

/** O_TMPFILE (do_tmpfile). With O_EXCL the file can never get a name. */
function makeUnnamed(state: State, { path, flags, access, mode }: Open): Inode | Errno {
  if (flags.create === true || access === 'read') return 'EINVAL';
  const directory = state.walk.resolve(path, flags.nofollow !== true);
  if (typeof directory === 'string') return directory;
  if (directory.type !== 'directory') return 'ENOTDIR';
  return createUnnamedFile(state, directory, mode, flags.exclusive !== true);
}

/** Walks to the last component and on along the links that it names, until there is something to open. */
function findOrCreate(state: State, operation: Open): Inode | Errno {
  const { path, flags, mode } = operation;
  const { walk } = state;
  const create = flags.create === true;
  // A regular file made by a call that asks for a directory would be an old bug (build_open_flags).
  if (create && flags.directory === true) return 'EINVAL';
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
      if (create && isStrange(state, walk.parent, inode)) return 'EACCES';
      if (directoryOnly && inode.type !== 'directory') return 'ENOTDIR';
      return openExisting(state, inode, operation);
    }
    error = walk.follow(inode);
  }
  return error;
}

/**
 * Whether somebody may have put a trap there: in a sticky directory that all may write to, what is neither a file nor a
 * fifo, and belongs neither to the caller nor to the directory's owner, is not opened with O_CREAT (may_create_in_sticky).
 * Files and fifos are excepted while fs.protected_regular and fs.protected_fifos are 0, as they are by default.
 */
function isStrange({ caller }: State, { mode, uid }: DirectoryInode, inode: Inode): boolean {
  if (inode.type === 'file' || inode.type === 'fifo') return false;
  return (mode & STICKY_FOR_ALL) === STICKY_FOR_ALL && inode.uid !== uid && inode.uid !== caller.uid;
}

/** What may_open and the truncation of an existing file answer. Truncation needs no access, but counts as a write. */
function openExisting(state: State, inode: Inode, { access, flags }: Open): Inode | Errno {
  const truncates = flags.truncate === true;
  const want = (access === 'write' ? 0 : READ) | (access !== 'read' || truncates ? WRITE : 0);
  if (inode.type === 'symlink') return 'ELOOP';
  if (inode.type === 'directory' && (want & WRITE) !== 0) return 'EISDIR';
  const error = accessError(state, inode, want);
  if (error !== null) return error;
  if (inode.flags.append && access !== 'read' && flags.append !== true) return 'EPERM';
  if (inode.type !== 'file')
    return inode.flags.append && truncates && inode.type === 'directory' ? 'EPERM' : inode;
  if (!truncates) return inode;
  return inode.flags.append ? 'EPERM' : (setSize(state, inode, 0) ?? inode);
}
