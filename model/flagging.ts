import { isPrivileged } from './caller.ts';
import { changedFlags, flagNames, mayHaveFlag, withChanges, type InodeFlags } from './inode-flags.ts';
import type { FileInode, Inode } from './inode.ts';
import { mayBeInline } from './inline-data.ts';
import { openForLooking } from './opening.ts';
import { DONE, failure, success } from './outcome.ts';
import type { Errno, Outcome, Path } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import { actsAsOwner } from './permission.ts';
import type { State } from './state.ts';

/**
 * FS_IOC_SETFLAGS. Only root changes immutable, append and journalData; the owner may set what is set already. What is
 * immutable and stays so changes in no other flag. Without a journal no data goes there, and nobody says so.
 */
export function chattr(state: State, operation: OperationOf<'chattr'>): Outcome {
  const inode = openForLooking(state, operation.path);
  if (typeof inode === 'string') return failure(inode);
  const wanted = withChanges(inode.flags, operation);
  const maps =
    inode.type === 'file' && operation.extents !== undefined && operation.extents !== inode.extents;
  const error = chattrError(state, inode, wanted, maps);
  if (error !== null) return failure(error);
  state.used.flags = true;
  state.markChanged(inode);
  const { dax, journal } = state.options;
  if (dax && inode.type === 'file' && wanted.journalData !== inode.flags.journalData) {
    // The journal's flag comes last, and would change how the file is reached (ext4_ioctl_setflags).
    inode.flags = { ...wanted, journalData: inode.flags.journalData };
    return failure('EBUSY');
  }
  inode.flags = journal ? wanted : { ...wanted, journalData: false };
  return operation.extents === undefined || inode.type !== 'file'
    ? DONE
    : changeMap(state, inode, operation.extents);
}

/**
 * Pointers become extents, or extents pointers: the latter of files in one piece only, not with bigalloc, and not on the iomap
 * path (ext4_ext_migrate, ext4_ind_migrate). It comes last, and when it fails the rest is done.
 */
function changeMap(state: State, inode: FileInode, extents: boolean): Outcome {
  if (inode.extents === extents) return DONE;
  if (!state.options.extents) return failure('EINVAL');
  if (!extents && state.observedErrno === 'EOPNOTSUPP') return failure('EOPNOTSUPP');
  if (extents && state.ranOutOfSpace) return failure('ENOSPC');
  inode.extents = extents;
  return DONE;
}

/** The errors of vfs_fileattr_set, ext4_fileattr_set and ext4_ioctl_setflags, in their order. */
function chattrError(state: State, inode: Inode, wanted: InodeFlags, maps: boolean): Errno | null {
  const { caller, options } = state;
  if (!actsAsOwner(state, inode)) return 'EPERM';
  const changed = changedFlags(inode.flags, wanted);
  const binds = changed.includes('immutable') || changed.includes('append');
  if (binds && !isPrivileged(caller)) return 'EPERM';
  if (flagNames(wanted).some((name) => !mayHaveFlag(inode.type, name))) return 'EOPNOTSUPP';
  const changes = maps || changed.length > 0;
  if (inode.flags.immutable && wanted.immutable && (changes || isRefusedInline(state, inode))) return 'EPERM';
  const mayJournal = isPrivileged(caller) && options.rootHasResources;
  return changed.includes('journalData') && !mayJournal ? 'EPERM' : null;
}

/**
 * FS_IOC_FSSETXATTR. Without project ids only 0 can be set; what else is asked for fails after the flags have been set
 * (ext4_fileattr_set).
 */
export function setProject(state: State, { path, project }: OperationOf<'set-project'>): Outcome {
  const inode = openForLooking(state, path);
  if (typeof inode === 'string') return failure(inode);
  if (!actsAsOwner(state, inode)) return failure('EPERM');
  const handsDown = inode.type === 'directory' && project !== 0;
  if (
    inode.flags.immutable &&
    (inode.handsProjectDown !== handsDown ||
      projectChanges(state, inode, project) ||
      isRefusedInline(state, inode))
  ) {
    return failure('EPERM');
  }
  state.used.flags = true;
  inode.handsProjectDown = handsDown;
  state.markChanged(inode);
  if (!state.options.projects) return project === 0 ? DONE : failure('EOPNOTSUPP');
  inode.project = project;
  return DONE;
}

/** That contents lie in the inode is a flag that nobody can set: of what is immutable, it counts as a change. */
const isRefusedInline = (state: State, inode: Inode): boolean =>
  state.observedErrno === 'EPERM' && mayBeInline(state, inode);

/** FS_IOC_FSGETXATTR. */
export function lsattr(state: State, path: Path): Outcome {
  const inode = openForLooking(state, path);
  if (typeof inode === 'string') return failure(inode);
  return success({ kind: 'flags', flags: flagNames(inode.flags), project: inode.project });
}

const projectChanges = ({ options }: State, inode: Inode, project: number): boolean =>
  options.projects && inode.project !== project;
