import { isDirectory, S_ISGID, S_ISVTX, S_IXGRP, type Inode } from '../../ext4/inode/inode.ts';
import { fail } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { isAppendOnly, refuseChange } from '../inode-flags.ts';
import type { Credentials } from './credentials.ts';
import { checkPermission, isMember, isOwner, MAY_EXEC, MAY_WRITE } from './permission.ts';

/** Who may make a name in a directory, or take one away. */

/** may_create(): fails with ENOENT in a directory that was removed, with EROFS, EPERM, EACCES. */
export function* mayCreate(caller: Credentials, dir: Inode): Sleepable<void> {
  if (dir.links === 0) fail('ENOENT');
  yield* checkPermission(caller, dir, MAY_WRITE | MAY_EXEC);
}

/**
 * may_delete(): may the caller take a name of `victim` out of `dir`, where a directory is expected, or none? Fails with
 * EROFS, EPERM, EACCES, ENOTDIR, EISDIR, and with ENOENT in a directory that was removed.
 */
export function* mayDelete(
  caller: Credentials,
  dir: Inode,
  victim: Inode,
  expectsDirectory: boolean,
): Sleepable<void> {
  yield* checkPermission(caller, dir, MAY_WRITE | MAY_EXEC);
  if (isAppendOnly(dir) || isKeptBySticky(caller, dir, victim)) fail('EPERM');
  refuseChange(victim);
  if (isDirectory(victim.mode) !== expectsDirectory) fail(expectsDirectory ? 'ENOTDIR' : 'EISDIR');
  if (dir.links === 0) fail('ENOENT');
}

/** check_sticky(): from a sticky directory only its owner and that of the file take the file's name away. */
const isKeptBySticky = (caller: Credentials, dir: Inode, victim: Inode): boolean =>
  (dir.mode & S_ISVTX) !== 0 && !isOwner(caller, victim) && !isOwner(caller, dir);

/**
 * mode_strip_sgid(): whoever is not in the group that a directory hands down makes no executable file there that runs as
 * this group.
 */
export function modeOfNew(caller: Credentials, dir: Inode, mode: number): number {
  const runsAsGroup = S_ISGID | S_IXGRP;
  if ((mode & runsAsGroup) !== runsAsGroup || isDirectory(mode) || (dir.mode & S_ISGID) === 0) return mode;
  return isMember(caller, dir.gid) ? mode : mode & ~S_ISGID;
}
