import { withModeBits } from './access-control-list.ts';
import { isInGroup, isPrivileged, mayKeepSetgid } from './caller.ts';
import { statOf } from './inode.ts';
import type { Inode } from './inode.ts';
import { MODE_MAX } from './limits.ts';
import { DONE, failure, success } from './outcome.ts';
import type { Errno, Handle, Outcome, Path, SetTime, Timestamp } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import { WRITE, accessError, actsAsOwner } from './permission.ts';
import { dropCapability, endangeredBits } from './privileges.ts';
import type { State } from './state.ts';
import { clampTime } from './times.ts';

const SETGID = 0o2000;

/** The id that chown(2) reads as "leave it". */
const KEEP = -1;

/** stat(2) and lstat(2). */
export function stat(state: State, path: Path, followLast: boolean): Outcome {
  const inode = state.walk.resolve(path, followLast);
  return typeof inode === 'string' ? failure(inode) : statOutcome(state, inode);
}

/** fstat(2). */
export function fstat(state: State, handle: Handle): Outcome {
  const file = state.handles.get(handle);
  return file === undefined ? failure('EBADF') : statOutcome(state, file.inode);
}

function statOutcome(state: State, inode: Inode): Outcome {
  state.settle(inode);
  return success({ kind: 'stat', stat: statOf(inode) });
}

/** chmod(2). Who is not in the group of an inode cannot give it the set-group-ID bit. The list follows the mode. */
export function chmod(state: State, operation: OperationOf<'chmod'>): Outcome {
  const inode = state.walk.resolve(operation.path, true);
  if (typeof inode === 'string') return failure(inode);
  if (inode.flags.immutable || inode.flags.append || !actsAsOwner(state, inode)) return failure('EPERM');
  inode.mode = operation.mode & MODE_MAX;
  if (!mayKeepSetgid(state.caller, inode.gid)) inode.mode &= ~SETGID;
  if (inode.accessList !== null) inode.accessList = withModeBits(inode.accessList, inode.mode);
  state.markChanged(inode);
  return DONE;
}

/**
 * chown(2). Whatever it changes, it takes the set-user-ID bit from what is no directory, and the set-group-ID bit where
 * the group may execute, and the capabilities of a program, from root's calls too (chown_common,
 * setattr_should_drop_sgid).
 */
export function chown(state: State, operation: OperationOf<'chown'>): Outcome {
  const inode = state.walk.resolve(operation.path, true);
  if (typeof inode === 'string') return failure(inode);
  const dropped = inode.type === 'directory' ? 0 : endangeredBits(state, inode);
  const error = chownError(state, inode, operation, dropped !== 0);
  if (error !== null) return failure(error);
  if (operation.uid !== KEEP) inode.uid = operation.uid;
  if (operation.gid !== KEEP) inode.gid = operation.gid;
  if (inode.type !== 'directory') dropCapability(state, inode);
  if (dropped !== 0) {
    inode.mode &= ~dropped;
    if (!mayKeepSetgid(state.caller, inode.gid)) inode.mode &= ~SETGID;
  }
  state.markChanged(inode);
  return DONE;
}

/**
 * The errors of notify_change, ext4_setattr and setattr_prepare: a change of the mode needs the owner, though nobody asked
 * for it.
 */
function chownError(
  state: State,
  inode: Inode,
  { uid, gid }: OperationOf<'chown'>,
  changesMode: boolean,
): Errno | null {
  const { caller } = state;
  if (inode.flags.immutable) return 'EPERM';
  if (inode.flags.append && (uid !== KEEP || gid !== KEEP || changesMode)) return 'EPERM';
  if (isPrivileged(caller)) return null;
  const owns = caller.uid === inode.uid;
  if (uid !== KEEP && !(owns && uid === inode.uid)) return 'EPERM';
  if (gid !== KEEP && !(owns && (gid === inode.gid || isInGroup(caller, gid)))) return 'EPERM';
  return changesMode && !owns ? 'EPERM' : null;
}

/** utimensat(2). When both times are omitted it succeeds without a look at the path. */
export function utimens(state: State, operation: OperationOf<'utimens'>): Outcome {
  const { atime, mtime } = operation;
  if (atime === 'omit' && mtime === 'omit') return DONE;
  const inode = state.walk.resolve(operation.path, true);
  if (typeof inode === 'string') return failure(inode);
  const error = utimensError(state, inode, atime === 'now' && mtime === 'now');
  if (error !== null) return failure(error);
  inode.atime = timeToSet(state, atime, inode.atime);
  inode.mtime = timeToSet(state, mtime, inode.mtime);
  if (atime !== 'omit') inode.openAtimes = [];
  if (mtime !== 'omit') inode.openMtimes = [];
  state.markChanged(inode);
  return DONE;
}

/** Both times to now is for everybody who may write; anything else is for the owner, and not for append-only files. */
function utimensError(state: State, inode: Inode, touches: boolean): Errno | null {
  if (inode.flags.immutable || (inode.flags.append && !touches)) return 'EPERM';
  if (actsAsOwner(state, inode)) return null;
  return touches ? accessError(state, inode, WRITE) : 'EPERM';
}

function timeToSet(state: State, time: SetTime, current: Timestamp): Timestamp {
  if (time === 'omit') return current;
  return time === 'now' ? state.now : clampTime(time, state.options.inodeBytes);
}
