import { isPrivileged, mayKeepSetgid } from './caller.ts';
import { CAPABILITY } from './capability.ts';
import type { Inode } from './inode.ts';
import type { State } from './state.ts';

const SETUID = 0o4000;
const SETGID = 0o2000;
const GROUP_EXECUTE = 0o010;

/**
 * The set-ID bits that a change by the caller takes from a mode (setattr_should_drop_suidgid): the set-group-ID bit of
 * what is no program of its group goes only when the caller is not in that group.
 */
export function endangeredBits({ caller }: State, { mode, gid }: Inode): number {
  let bits = mode & SETUID;
  if ((mode & SETGID) === 0) return bits;
  if ((mode & GROUP_EXECUTE) !== 0 || !mayKeepSetgid(caller, gid)) bits |= SETGID;
  return bits;
}

/** The bits that a write or a truncation by the caller takes from a regular file (file_remove_privs). */
export function bitsDroppedByWriting(state: State, inode: Inode): number {
  return isPrivileged(state.caller) ? 0 : endangeredBits(state, inode);
}

/** Takes the bits away. A caller outside the group loses the set-group-ID bit with the other one (setattr_copy). */
export function dropPrivileges(state: State, inode: Inode): void {
  const dropped = bitsDroppedByWriting(state, inode);
  if (dropped !== 0) inode.mode &= ~dropped;
}

/**
 * A program that somebody writes to, cuts or gives away has no capabilities any more, whoever does it
 * (cap_inode_killpriv).
 */
export function dropCapability(state: State, inode: Inode): void {
  if (inode.xattrs?.has(CAPABILITY) !== true) return;
  inode.xattrs = withoutAttribute(inode.xattrs, CAPABILITY);
  state.markChanged(inode);
}

/** All attributes but one; null when none is left. */
export function withoutAttribute(xattrs: NonNullable<Inode['xattrs']>, name: string): Inode['xattrs'] {
  const kept = new Map(xattrs);
  kept.delete(name);
  return kept.size === 0 ? null : kept;
}

/**
 * Whether a write takes bits away depends on what the kernel remembers of earlier writes (S_NOSEC): so with a
 * set-group-ID bit of no program, alone, and a caller outside the group.
 */
export function dropsByChance(state: State, inode: Inode): boolean {
  if (inode.type !== 'file' || (inode.mode & (SETUID | GROUP_EXECUTE)) !== 0) return false;
  return bitsDroppedByWriting(state, inode) === SETGID;
}
