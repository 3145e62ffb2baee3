import { startCreation } from './creating.ts';
import type { Inode } from './inode.ts';
import { DONE, failure } from './outcome.ts';
import type { Errno, Outcome, Path } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import { isPrivileged } from './caller.ts';
import { READ, WRITE, accessError, actsAsOwner, creationError } from './permission.ts';
import type { State } from './state.ts';

const SETUID = 0o4000;
const SETGID = 0o2000;
const GROUP_EXECUTE = 0o010;

/** link(2): the last link of `from` is not followed. ENOSPC is permitted for the new name; then ctime may change. */
export function link(state: State, operation: OperationOf<'link'>): Outcome {
  const inode = state.walk.resolve(operation.from, false);
  return typeof inode === 'string' ? failure(inode) : linkInode(state, inode, operation.to);
}

/**
 * linkat(2) of a descriptor. Without the capability to search everything, the caller must be the one who opened it, with
 * nothing changed since (path_init with LOOKUP_LINKAT_EMPTY).
 */
export function linkHandle(state: State, operation: OperationOf<'link-handle'>): Outcome {
  const file = state.handles.get(operation.handle);
  if (file === undefined) return failure('EBADF');
  if (file.opener !== state.caller && !isPrivileged(state.caller)) return failure('ENOENT');
  return linkInode(state, file.inode, operation.to);
}

function linkInode(state: State, inode: Inode, to: Path): Outcome {
  const error = startCreation(state, to, false) ?? linkError(state, inode);
  if (error !== null) return failure(error);
  if (state.ranOutOfSpace) {
    state.markChangedInMemory(inode);
    return failure('ENOSPC');
  }
  const { parent, last } = state.walk;
  inode.links++;
  if (inode.type === 'file') inode.linkable = false;
  state.markChanged(inode);
  state.addName(parent, last, inode);
  state.markModified(parent);
  return DONE;
}

/** The errors of may_linkat, vfs_link and ext4_link for a name that is free. */
function linkError(state: State, inode: Inode): Errno | null {
  if (state.options.protectedHardlinks && !isSafeSource(state, inode) && !actsAsOwner(state, inode)) {
    return 'EPERM';
  }
  const { parent } = state.walk;
  const error = creationError(state, parent);
  if (error !== null) return error;
  if (inode.flags.append || inode.flags.immutable || inode.type === 'directory') return 'EPERM';
  if (inode.links === 0 && !(inode.type === 'file' && inode.linkable)) return 'ENOENT';
  if (inode.links >= state.options.linksMax) return 'EMLINK';
  return parent.handsProjectDown && parent.project !== inode.project ? 'EXDEV' : null;
}

/** What a stranger may link although fs.protected_hardlinks is set (safe_hardlink_source). */
function isSafeSource(state: State, inode: Inode): boolean {
  if (inode.type !== 'file' || (inode.mode & SETUID) !== 0) return false;
  const program = SETGID | GROUP_EXECUTE;
  return (inode.mode & program) !== program && accessError(state, inode, READ | WRITE) === null;
}
