import { chmodAcl } from '../ext4/acl/inode-acl.ts';
import { EXT4_GOOD_OLD_INODE_SIZE } from '../ext4/layout/inode.ts';
import { isDirectory, isSymlink, S_ISGID, S_ISUID, type Inode } from '../ext4/inode/inode.ts';
import { dropCapability } from '../ext4/xattr/capability.ts';
import type { SuperBlock } from '../ext4/super/super-block.ts';
import type { Timestamp } from '../ext4/inode/timestamp.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { changeInode } from './change-inode.ts';
import { isImmutable, refuseChange } from './inode-flags.ts';
import type { KernelContext } from './kernel-context.ts';
import { resolve } from './path-walk.ts';
import type { Credentials } from './permission/credentials.ts';
import { checkPermission, isMember, isOwner, MAY_WRITE } from './permission/permission.ts';
import { losesSetGroupId } from './permission/privilege-bits.ts';
import type { TimeChange } from './types.ts';

/** System calls that change what an inode says about a file: chmod, chown, utimensat. */

const S_IALLUGO = 0o7777;

/** Whoever is not in the file's group cannot give the file its set-group-ID bit (setattr_prepare). */
export function* chmod(context: KernelContext, path: string, mode: number): Sleepable<void> {
  yield* change(context, { path, follow: true }, (inode) => chmodInode(context.caller, inode, mode));
}

export function* chmodInode(caller: Credentials, inode: Inode, mode: number): Sleepable<void> {
  refuseChange(inode);
  if (isSymlink(inode.mode)) fail('EOPNOTSUPP');
  if (!isOwner(caller, inode)) fail('EPERM');
  const kept = isMember(caller, inode.gid) ? mode : mode & ~S_ISGID;
  yield* changeInode(inode, () => {
    inode.mode = (inode.mode & ~S_IALLUGO) | (kept & S_IALLUGO);
  });
  yield* chmodAcl(inode);
}

/** A number that leaves the owner or the group as it is: (uid_t)-1. */
const UNCHANGED = 0xffffffff;

/** chown(2), or lchown(2) when `follow` is false. */
export function* chown(
  context: KernelContext,
  path: string,
  uid: number,
  gid: number,
  follow: boolean,
): Sleepable<void> {
  yield* change(context, { path, follow }, (inode) => chownInode(context.caller, inode, uid, gid));
}

export function* chownInode(caller: Credentials, inode: Inode, uid: number, gid: number): Sleepable<void> {
  const owner = uid >>> 0 === UNCHANGED ? null : uid >>> 0;
  const group = gid >>> 0 === UNCHANGED ? null : gid >>> 0;
  mayChangeOwner(caller, inode, owner, group);
  const mode = modeAfterChown(caller, inode, group ?? inode.gid);
  if (!isDirectory(inode.mode)) yield* dropCapability(inode);
  yield* changeInode(inode, () => {
    inode.uid = owner ?? inode.uid;
    inode.gid = group ?? inode.gid;
    inode.mode = mode;
  });
}

/** may_setattr(), chown_ok() and chgrp_ok(): an owner may give a file to no one else, but to any group of his own. */
function mayChangeOwner(caller: Credentials, inode: Inode, owner: number | null, group: number | null): void {
  if (owner !== null || group !== null || changesMode(caller, inode)) refuseChange(inode);
  if (isImmutable(inode)) fail('EPERM');
  if (caller.privileged) return;
  const owns = inode.uid === caller.uid;
  if (owner !== null && !(owns && owner === inode.uid)) fail('EPERM');
  if (group !== null && !(owns && (group === inode.gid || caller.isInGroup(group)))) fail('EPERM');
  if (changesMode(caller, inode) && !owns) fail('EPERM');
}

/** What a file loses with a new owner, even by root's hand: chown_common() and what notify_change() makes of it. */
function modeAfterChown(caller: Credentials, inode: Inode, gid: number): number {
  if (!changesMode(caller, inode)) return inode.mode;
  const keepsGroup = !losesSetGroupId(caller, inode) && isMember(caller, gid);
  return inode.mode & ~(keepsGroup ? S_ISUID : S_ISUID | S_ISGID);
}

const changesMode = (caller: Credentials, inode: Inode): boolean =>
  !isDirectory(inode.mode) && ((inode.mode & S_ISUID) !== 0 || losesSetGroupId(caller, inode));

export function* utimens(
  context: KernelContext,
  path: string,
  atime: TimeChange,
  mtime: TimeChange,
  follow: boolean,
): Sleepable<void> {
  // Nothing to do: the kernel does not even look for the file.
  if (atime === 'omit' && mtime === 'omit') return;
  yield* change(
    context,
    { path, follow },
    (inode) => setTimes(context.caller, inode, atime, mtime),
    () => {
      if (!isValid(atime) || !isValid(mtime)) fail('EINVAL');
    },
  );
}

export function* setTimes(
  caller: Credentials,
  inode: Inode,
  atime: TimeChange,
  mtime: TimeChange,
): Sleepable<void> {
  if (atime === 'now' && mtime === 'now') yield* mayTouch(caller, inode);
  else maySetTimes(caller, inode);
  yield* changeInode(inode, () => {
    inode.atime = changedTime(inode.sb, inode.atime, atime);
    inode.mtime = changedTime(inode.sb, inode.mtime, mtime);
  });
}

/** Both times to now: whoever may write to a file may do so (ATTR_TOUCH in may_setattr). */
function* mayTouch(caller: Credentials, inode: Inode): Sleepable<void> {
  if (isImmutable(inode)) fail('EPERM');
  if (!isOwner(caller, inode)) yield* checkPermission(caller, inode, MAY_WRITE);
}

function maySetTimes(caller: Credentials, inode: Inode): void {
  refuseChange(inode);
  if (!isOwner(caller, inode)) fail('EPERM');
}

/** nsec_valid */
const isValid = (time: TimeChange): boolean =>
  typeof time === 'string' || (time.nanoseconds >= 0 && time.nanoseconds < 1e9);

function changedTime(sb: SuperBlock, old: Timestamp, time: TimeChange): Timestamp {
  if (time === 'omit') return old;
  return time === 'now' ? sb.now : truncateTime(sb, time);
}

/** EXT4_TIMESTAMP_MIN, EXT4_NON_EXTRA_TIMESTAMP_MAX, EXT4_EXTRA_TIMESTAMP_MAX: seconds. */
const SECONDS_MIN = -(2 ** 31);
const SECONDS_MAX_OLD = 2 ** 31 - 1;
const SECONDS_MAX = 2 ** 34 - 1 - 2 ** 31;

/** timestamp_truncate(): the nearest time that an inode of this file system can keep. */
export function truncateTime(sb: SuperBlock, time: Timestamp): Timestamp {
  const hasExtra = sb.geometry.inodeSize > EXT4_GOOD_OLD_INODE_SIZE;
  const max = hasExtra ? SECONDS_MAX : SECONDS_MAX_OLD;
  const seconds = Math.min(Math.max(time.seconds, SECONDS_MIN), max);
  const whole = !hasExtra || seconds === SECONDS_MIN || seconds === max;
  if (seconds === time.seconds && (!whole || time.nanoseconds === 0)) return time;
  return { seconds, nanoseconds: whole ? 0 : time.nanoseconds };
}

/** notify_change() on what a path means: `apply` under i_rwsem asks whether the caller may, and does it. */
function* change(
  context: KernelContext,
  { path, follow }: { readonly path: string; readonly follow: boolean },
  apply: (inode: Inode) => Sleepable<void>,
  check?: () => void,
): Sleepable<void> {
  const inode = yield* resolve(context, path, follow);
  try {
    check?.();
    yield* context.wantWrite();
    yield* inode.lock.write();
    try {
      yield* apply(inode);
    } finally {
      inode.lock.unlockWrite();
    }
  } finally {
    yield* context.sb.inodes.put(inode);
  }
}
