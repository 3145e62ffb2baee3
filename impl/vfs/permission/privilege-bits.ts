import { S_ISGID, S_ISUID, S_IXGRP, type Inode } from '../../ext4/inode/inode.ts';
import type { Credentials } from './credentials.ts';
import { isMember } from './permission.ts';

/** The bits that let a program run as its owner or group, and when they go. */

const RUNS_AS_OTHERS = S_ISUID | S_ISGID;

/** setattr_should_drop_sgid(): without the group's right to execute the bit once meant locking, and may stay for members. */
export function losesSetGroupId(caller: Credentials, { mode, gid }: Inode): boolean {
  if ((mode & S_ISGID) === 0) return false;
  return (mode & S_IXGRP) !== 0 || !isMember(caller, gid);
}

/** setattr_should_drop_suidgid(): the mode of a regular file that this caller has written to, or truncated. */
export function modeAfterWrite(caller: Credentials, inode: Inode): number {
  if ((inode.mode & RUNS_AS_OTHERS) === 0 || caller.privileged) return inode.mode;
  return inode.mode & ~(losesSetGroupId(caller, inode) ? RUNS_AS_OTHERS : S_ISUID);
}
