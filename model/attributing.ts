import { statOf } from './inode.ts';
import type { Inode } from './inode.ts';
import { MODE_MAX } from './limits.ts';
import { DONE, failure, success } from './outcome.ts';
import type { Handle, Outcome, Path, SetTime, Timestamp } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import type { State } from './state.ts';
import { clampTime } from './times.ts';

const SETUID = 0o4000;
const SETGID = 0o2000;
const GROUP_EXECUTE = 0o010;

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
  state.settleCtime(inode);
  return success({ kind: 'stat', stat: statOf(inode) });
}

/** chmod(2). Root may set every bit. */
export function chmod(state: State, operation: OperationOf<'chmod'>): Outcome {
  const inode = state.walk.resolve(operation.path, true);
  if (typeof inode === 'string') return failure(inode);
  inode.mode = operation.mode & MODE_MAX;
  state.markChanged(inode);
  return DONE;
}

/**
 * chown(2). Whatever it changes, it takes the set-user-ID bit from what is no directory, and the set-group-ID bit where
 * the group may execute, from root's calls too (chown_common, setattr_should_drop_sgid).
 */
export function chown(state: State, operation: OperationOf<'chown'>): Outcome {
  const inode = state.walk.resolve(operation.path, true);
  if (typeof inode === 'string') return failure(inode);
  if (operation.uid !== KEEP) inode.uid = operation.uid;
  if (operation.gid !== KEEP) inode.gid = operation.gid;
  if (inode.type !== 'directory') {
    inode.mode &= (inode.mode & GROUP_EXECUTE) !== 0 ? ~(SETUID | SETGID) : ~SETUID;
  }
  state.markChanged(inode);
  return DONE;
}

/** utimensat(2). When both times are omitted it succeeds without a look at the path. */
export function utimens(state: State, operation: OperationOf<'utimens'>): Outcome {
  const { atime, mtime } = operation;
  if (atime === 'omit' && mtime === 'omit') return DONE;
  const inode = state.walk.resolve(operation.path, true);
  if (typeof inode === 'string') return failure(inode);
  inode.atime = timeToSet(state, atime, inode.atime);
  inode.mtime = timeToSet(state, mtime, inode.mtime);
  state.markChanged(inode);
  return DONE;
}

function timeToSet(state: State, time: SetTime, current: Timestamp): Timestamp {
  if (time === 'omit') return current;
  return time === 'now' ? state.now : clampTime(time);
}
