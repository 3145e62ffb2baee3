import { DirectoryInode, FileInode, SymlinkInode } from './inode.ts';
import type { Attributes, Inode } from './inode.ts';
import { PATH_BUFFER_BYTES, exceedsBytes, utf8Length } from './limits.ts';
import { DONE, failure } from './outcome.ts';
import type { Errno, Outcome, Path } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import type { State } from './state.ts';

const SETGID = 0o2000;

/** mkdir(2) keeps the permission bits and the sticky bit of the mode, and nothing else. */
const MKDIR_MODE = 0o1777;

const SYMLINK_MODE = 0o777;

/** mkdir(2). ENOSPC is permitted where the directory would be made; then nothing changes. */
export function mkdir(state: State, operation: OperationOf<'mkdir'>): Outcome {
  const error = startCreation(state, operation.path, true);
  if (error !== null) return failure(error);
  if (state.ranOutOfSpace) return failure('ENOSPC');
  const { parent, last } = state.walk;
  const attributes = newAttributes(state, parent, operation.mode & MKDIR_MODE);
  attributes.mode |= parent.mode & SETGID;
  state.addName(parent, last, new DirectoryInode(attributes, 2));
  state.markModified(parent);
  addSubdirectory(state, parent);
  return DONE;
}

/** symlink(2). ENOSPC is permitted where the link would be made; then nothing changes. */
export function symlink(state: State, operation: OperationOf<'symlink'>): Outcome {
  const { target } = operation;
  if (target.length === 0) return failure('ENOENT');
  if (exceedsBytes(target, PATH_BUFFER_BYTES - 1)) return failure('ENAMETOOLONG');
  const error = startCreation(state, operation.path, false);
  if (error !== null) return failure(error);
  // The target and its final NUL have to fit into one block (fscrypt_prepare_symlink).
  if (utf8Length(target) >= state.options.blockSizeBytes) return failure('ENAMETOOLONG');
  if (state.ranOutOfSpace) return failure('ENOSPC');
  const { parent, last } = state.walk;
  state.addName(parent, last, new SymlinkInode(newAttributes(state, parent, SYMLINK_MODE), 1, target));
  state.markModified(parent);
  return DONE;
}

/** link(2): the last link of `from` is not followed. ENOSPC is permitted for the new name; then ctime may change. */
export function link(state: State, operation: OperationOf<'link'>): Outcome {
  const inode = state.walk.resolve(operation.from, false);
  if (typeof inode === 'string') return failure(inode);
  const error = startCreation(state, operation.to, false);
  if (error !== null) return failure(error);
  if (inode.type === 'directory') return failure('EPERM');
  if (inode.links >= state.options.linksMax) return failure('EMLINK');
  if (state.ranOutOfSpace) {
    state.markChangedInMemory(inode);
    return failure('ENOSPC');
  }
  const { parent, last } = state.walk;
  inode.links++;
  state.markChanged(inode);
  state.addName(parent, last, inode);
  state.markModified(parent);
  return DONE;
}

/** Makes the regular file that open(2) wants where the walk stands. ENOSPC is permitted; then nothing changes. */
export function createFile(state: State, mode: number): FileInode | Errno {
  if (state.ranOutOfSpace) return 'ENOSPC';
  const { parent, last } = state.walk;
  const inode = new FileInode(newAttributes(state, parent, mode), 1);
  state.addName(parent, last, inode);
  state.markModified(parent);
  return inode;
}

/** Counts one more subdirectory: beyond the limit, the count says 1 for good (dir_nlink, ext4_inc_count). */
export function addSubdirectory(state: State, directory: DirectoryInode): void {
  const links = directory.links + 1;
  directory.links = links > state.options.linksMax || links === 2 ? 1 : links;
}

/** Counts one subdirectory less, where the directory still counts (ext4_dec_count). */
export function dropSubdirectory(directory: DirectoryInode): void {
  if (directory.links > 2) directory.links--;
}

/** Walks to where a new name shall be (filename_create); answers why it cannot be there. */
function startCreation(state: State, path: Path, wantsDirectory: boolean): Errno | null {
  const { walk } = state;
  const error = walk.start(path);
  if (error !== null) return error;
  if (walk.kind !== 'name') return 'EEXIST';
  const found = walk.lookupName();
  if (typeof found !== 'string') return 'EEXIST';
  if (found !== 'ENOENT') return found;
  return walk.trailingSlash && !wantsDirectory ? 'ENOENT' : null;
}

/** What root's new inode starts with: a setgid directory hands its group down (inode_init_owner). */
function newAttributes(state: State, parent: Inode, mode: number): Attributes {
  const { now } = state;
  const gid = (parent.mode & SETGID) !== 0 ? parent.gid : 0;
  return { mode, uid: 0, gid, atime: now, mtime: now, ctime: now };
}
