import { isPrivileged } from './caller.ts';
import type { Inode } from './inode.ts';
import { openForLooking } from './opening.ts';
import { DONE, failure, success } from './outcome.ts';
import type { Errno, Outcome, Path } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import { actsAsOwner } from './permission.ts';
import type { State } from './state.ts';

/** FS_IOC_SETFLAGS. Only root changes one of the two flags; the owner may set what is set already. */
export function chattr(state: State, { path, immutable, append }: OperationOf<'chattr'>): Outcome {
  const inode = findFlagged(state, path);
  if (typeof inode === 'string') return failure(inode);
  if (!actsAsOwner(state, inode)) return failure('EPERM');
  const changes = inode.immutable !== immutable || inode.append !== append;
  if (changes && !isPrivileged(state.caller)) return failure('EPERM');
  if (inode.immutable && immutable && inode.append !== append) return failure('EPERM');
  inode.immutable = immutable;
  inode.append = append;
  state.used.flags = true;
  state.markChanged(inode);
  return DONE;
}

/**
 * FS_IOC_FSSETXATTR. Without project ids only 0 can be set; what else is asked for fails after the flags have been set
 * (ext4_fileattr_set).
 */
export function setProject(state: State, { path, project }: OperationOf<'set-project'>): Outcome {
  const inode = findFlagged(state, path);
  if (typeof inode === 'string') return failure(inode);
  if (!actsAsOwner(state, inode)) return failure('EPERM');
  const handsDown = inode.type === 'directory' && project !== 0;
  if (inode.immutable && (inode.handsProjectDown !== handsDown || projectChanges(state, inode, project))) {
    return failure('EPERM');
  }
  state.used.flags = true;
  inode.handsProjectDown = handsDown;
  state.markChanged(inode);
  if (!state.options.projects) return project === 0 ? DONE : failure('EOPNOTSUPP');
  inode.project = project;
  return DONE;
}

/** FS_IOC_FSGETXATTR. */
export function lsattr(state: State, path: Path): Outcome {
  const inode = findFlagged(state, path);
  if (typeof inode === 'string') return failure(inode);
  const { immutable, append, project } = inode;
  return success({ kind: 'flags', immutable, append, project });
}

const projectChanges = ({ options }: State, inode: Inode, project: number): boolean =>
  options.projects && inode.project !== project;

function findFlagged(state: State, path: Path): Inode | Errno {
  const inode = openForLooking(state, path);
  if (typeof inode === 'string') return inode;
  return inode.type === 'file' || inode.type === 'directory' ? inode : 'ENXIO';
}
