import type { Credentials } from './operation.ts';

/** Who runs when a sequence starts. */
export const ROOT: Credentials = Object.freeze({ uid: 0, gid: 0, groups: [] });

/** Whether the caller has all capabilities, or none: there is nothing between in the vocabulary. */
export function isPrivileged(caller: Credentials): boolean {
  return caller.uid === 0;
}

/** in_group_p. */
export function isInGroup(caller: Credentials, gid: number): boolean {
  return caller.gid === gid || caller.groups.includes(gid);
}

/** in_group_or_capable: who may give an inode of this group the set-group-ID bit. */
export function mayKeepSetgid(caller: Credentials, gid: number): boolean {
  return isPrivileged(caller) || isInGroup(caller, gid);
}
