import { allows } from './access-control-list.ts';
import { isInGroup, isPrivileged } from './caller.ts';
import type { Dentry, DirectoryInode, Inode } from './inode.ts';
import type { Errno } from './operation.ts';
import type { State } from './state.ts';

/** What somebody wants to do with an inode, as bits of one class of its mode. */
export const READ = 4;
export const WRITE = 2;
export const EXECUTE = 1;

const STICKY = 0o1000;
const GROUP_CLASS = 0o070;

/** Whether the caller owns the inode or may act as if it did (inode_owner_or_capable). */
export function actsAsOwner({ caller }: State, inode: Inode): boolean {
  return isPrivileged(caller) || caller.uid === inode.uid;
}

/** Why the caller may not `want` this of an inode (inode_permission): what is immutable is EPERM for root, too. */
export function accessError(state: State, inode: Inode, want: number): Errno | null {
  if (inode.flags.immutable && (want & WRITE) !== 0) return 'EPERM';
  return isPrivileged(state.caller) || isGranted(state, inode, want) ? null : 'EACCES';
}

/** acl_permission_check: the owner's bits, or the access control list, or the bits of the group or of others. */
function isGranted({ caller }: State, inode: Inode, want: number): boolean {
  if (caller.uid === inode.uid) return ((inode.mode >> 6) & want) === want;
  const { accessList } = inode;
  if (accessList !== null && (inode.mode & GROUP_CLASS) !== 0) {
    return allows(accessList, caller, inode.gid, want);
  }
  const shift = isInGroup(caller, inode.gid) ? 3 : 0;
  return ((inode.mode >> shift) & want) === want;
}

/** Why no name may be added to a directory (may_create, may_o_create). */
export function creationError(state: State, directory: DirectoryInode): Errno | null {
  return accessError(state, directory, WRITE | EXECUTE);
}

/** Why a name may not be taken away (may_delete); `wantsDirectory` is the type that the call is for. */
export function deletionError(state: State, victim: Dentry, wantsDirectory: boolean): Errno | null {
  const { inode, parent } = victim;
  const error = accessError(state, parent, WRITE | EXECUTE);
  if (error !== null) return error;
  if (parent.flags.append || isStuck(state, parent, inode) || inode.flags.append || inode.flags.immutable)
    return 'EPERM';
  if (wantsDirectory) return inode.type === 'directory' ? null : 'ENOTDIR';
  return inode.type === 'directory' ? 'EISDIR' : null;
}

/** Whether the sticky bit of a directory keeps the caller from removing what somebody else owns (check_sticky). */
function isStuck(state: State, parent: DirectoryInode, inode: Inode): boolean {
  return (parent.mode & STICKY) !== 0 && !actsAsOwner(state, inode) && !actsAsOwner(state, parent);
}
