import { isPrivileged } from './caller.ts';
import { openForLooking } from './opening.ts';
import { counted, DONE, failure } from './outcome.ts';
import type { Outcome, Path } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import type { State } from './state.ts';

/** Caches are emptied or written out for a range of what open(path, O_RDONLY) opens: nobody sees it but by the time. */
export function touchCaches(state: State, path: Path): Outcome {
  const inode = openForLooking(state, path);
  return typeof inode === 'string' ? failure(inode) : DONE;
}

/** FITRIM: how much a device forgets is the file system's affair. A range of less than a block is EINVAL (ext4_trim_fs). */
export function trim(state: State, { length }: OperationOf<'trim'>): Outcome {
  if (!isPrivileged(state.caller)) return failure('EPERM');
  if (state.observedErrno === 'EOPNOTSUPP') return failure('EOPNOTSUPP');
  if (length < state.options.blockSizeBytes) return failure('EINVAL');
  return counted(Math.max(0, state.observedCount ?? 0));
}

/**
 * mount(2) with MS_REMOUNT. What changes, changes for inodes that are read from then on, or nobody sees it. Where data is journalled
 * dioread_nolock is off, and is EINVAL to whoever wants it (__ext4_remount; a mount only clears it, with a warning).
 */
export function reconfigure(state: State, { mount }: OperationOf<'reconfigure'>): Outcome {
  if (!isPrivileged(state.caller)) return failure('EPERM');
  return state.options.journalsData && mount.dioreadNolock === true ? failure('EINVAL') : DONE;
}
