import { isPrivileged } from './caller.ts';
import { DONE, failure } from './outcome.ts';
import type { Operation, Outcome } from './operation.ts';
import type { State } from './state.ts';

/** FIFREEZE (ioctl_fsfreeze, freeze_super): everything is on the device, and nothing changes until the thaw. */
export function freeze(state: State): Outcome {
  if (!isPrivileged(state.caller)) return failure('EPERM');
  if (state.frozen) return failure('EBUSY');
  state.frozen = true;
  return DONE;
}

/** FITHAW (ioctl_fsthaw, thaw_super). */
export function thaw(state: State): Outcome {
  if (!isPrivileged(state.caller)) return failure('EPERM');
  if (!state.frozen) return failure('EINVAL');
  state.frozen = false;
  return DONE;
}

/**
 * Whether a process that performs `operation` on a frozen file system goes on, whatever it finds: it takes no sb_start_write,
 * sb_start_pagefault or sb_start_intwrite. An open for writing does before it has found out that nothing is to be made
 * (open_last_lookups), and so does the last close of a file without a name (ext4_evict_inode). Which file has a name is not known
 * before a sequence runs: a target may have had no room for a link, or not have taken a file to swap to, and then removed it.
 */
export function goesOnWhileFrozen(operation: Operation): boolean {
  switch (operation.op) {
    case 'open':
      return operation.access === 'read' && Object.keys(operation.flags).every((flag) => flag === 'nofollow');
    case 'mmap':
      return operation.access === 'read';
    case 'read':
    case 'pread':
    case 'seek':
    case 'fstat':
    case 'stat':
    case 'lstat':
    case 'readlink':
    case 'readdir':
    case 'getxattr':
    case 'listxattr':
    case 'lsattr':
    case 'fiemap':
    case 'load':
    case 'readahead':
    case 'fadvise':
    case 'fsync':
    case 'fdatasync':
    case 'syncfs':
    case 'sync':
    case 'reclaim':
    case 'writeback':
    case 'statfs':
    case 'setcreds':
    case 'freeze':
    case 'thaw':
    case 'remount':
      return true;
    default:
      return false;
  }
}
