import { isDirectory, isRegular, isSymlink, type Inode } from '../../ext4/inode/inode.ts';
import { fail } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { isImmutable } from '../inode-flags.ts';
import { aclAnswer } from './acl.ts';
import type { Credentials } from './credentials.ts';

/** What somebody wants to do to an inode; the numbers are those of the permission bits of the others. */
export const MAY_EXEC = 1;
export const MAY_WRITE = 2;
export const MAY_READ = 4;

/** One of the three groups of permission bits. */
const RWX = 0o7;
const S_IRWXG = 0o070;

/**
 * inode_permission(): fails with EROFS or EPERM where nobody may write, with EACCES where the caller may not do what it
 * wants. `wanted` is made of MAY_READ, MAY_WRITE, MAY_EXEC; nobody wants to execute a file here.
 */
export function* checkPermission(caller: Credentials, inode: Inode, wanted: number): Sleepable<void> {
  if ((wanted & MAY_WRITE) !== 0) refuseWriting(inode);
  if (caller.privileged) return;
  if (!(yield* isPermitted(caller, inode, wanted))) fail('EACCES');
}

/** sb_permission() and the immutable flag: what holds even for root. Devices, pipes and sockets do not write to the disk. */
function refuseWriting(inode: Inode): void {
  const { mode, sb } = inode;
  if (sb.readOnly && (isRegular(mode) || isDirectory(mode) || isSymlink(mode))) fail('EROFS');
  if (isImmutable(inode)) fail('EPERM');
}

/** acl_permission_check(), for a caller without capabilities. */
function* isPermitted(caller: Credentials, inode: Inode, wanted: number): Sleepable<boolean> {
  const { mode } = inode;
  if (inode.uid === caller.uid) return (wanted & ~(mode >> 6) & RWX) === 0;
  // Without any bit for the group the mask of an ACL grants nothing, so the kernel does not look at it.
  if ((mode & S_IRWXG) !== 0) {
    const answer = yield* aclAnswer(inode, caller, wanted);
    if (answer !== 'none') return answer === 'granted';
  }
  const bits = caller.isInGroup(inode.gid) ? mode >> 3 : mode;
  return (wanted & ~bits & RWX) === 0;
}

/** inode_owner_or_capable(): may the caller do what only the owner may? */
export const isOwner = (caller: Credentials, inode: Inode): boolean =>
  caller.privileged || inode.uid === caller.uid;

/** in_group_or_capable(): may the caller keep the set-group-ID bit of a file of this group? */
export const isMember = (caller: Credentials, gid: number): boolean =>
  caller.privileged || caller.isInGroup(gid);
