import { chmodAcl } from '../ext4/acl/inode-acl.ts';
import { EXT4_GOOD_OLD_INODE_SIZE } from '../ext4/layout/inode.ts';
import { markInodeDirty } from '../ext4/inode/inode-table.ts';
import { isDirectory, type Inode } from '../ext4/inode/inode.ts';
import type { SuperBlock } from '../ext4/super/super-block.ts';
import type { Timestamp } from '../ext4/inode/timestamp.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { INODE_CREDITS } from './access-time.ts';
import { refuseChange } from './inode-flags.ts';
import type { KernelContext } from './kernel-context.ts';
import { resolve } from './path-walk.ts';
import type { TimeChange } from './types.ts';

/** System calls that change what an inode says about a file: chmod, chown, utimensat. */

const S_IALLUGO = 0o7777;
const S_ISUID = 0o4000;
const S_ISGID = 0o2000;
const S_IXGRP = 0o0010;

export function* chmod(context: KernelContext, path: string, mode: number): Sleepable<void> {
  const apply = (inode: Inode): void => {
    inode.mode = (inode.mode & ~S_IALLUGO) | (mode & S_IALLUGO);
  };
  yield* change(context, path, apply, { finish: chmodAcl });
}

/** A number that leaves the owner or the group as it is: (uid_t)-1. */
const UNCHANGED = 0xffffffff;

export function* chown(context: KernelContext, path: string, uid: number, gid: number): Sleepable<void> {
  yield* change(context, path, (inode) => {
    if (uid >>> 0 !== UNCHANGED) inode.uid = uid;
    if (gid >>> 0 !== UNCHANGED) inode.gid = gid;
    if (!isDirectory(inode.mode)) inode.mode &= ~lostBits(inode.mode);
  });
}

/** What a file loses with a new owner, even by root's hand (chown_common, setattr_should_drop_sgid). */
const lostBits = (mode: number): number => S_ISUID | ((mode & S_IXGRP) !== 0 ? S_ISGID : 0);

export function* utimens(
  context: KernelContext,
  path: string,
  atime: TimeChange,
  mtime: TimeChange,
): Sleepable<void> {
  // Nothing to do: the kernel does not even look for the file.
  if (atime === 'omit' && mtime === 'omit') return;
  const { sb } = context;
  yield* change(
    context,
    path,
    (inode) => {
      inode.atime = changedTime(sb, inode.atime, atime);
      inode.mtime = changedTime(sb, inode.mtime, mtime);
    },
    {
      check: () => {
        if (!isValid(atime) || !isValid(mtime)) fail('EINVAL');
      },
    },
  );
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

/** What some changes need besides: a check of the arguments before anything else, and steps under handles of their own. */
interface ChangeSteps {
  readonly check?: () => void;
  readonly finish?: (inode: Inode) => Sleepable<void>;
}

/** notify_change() on what a path means: `apply` under i_rwsem, the time of the change, one handle. */
function* change(
  context: KernelContext,
  path: string,
  apply: (inode: Inode) => void,
  { check, finish }: ChangeSteps = {},
): Sleepable<void> {
  const inode = yield* resolve(context, path, true);
  try {
    check?.();
    context.wantWrite();
    yield* inode.lock.write();
    try {
      refuseChange(inode);
      yield* applyChange(inode, apply);
      if (finish !== undefined) yield* finish(inode);
    } finally {
      inode.lock.unlockWrite();
    }
  } finally {
    yield* context.sb.inodes.put(inode);
  }
}

function* applyChange(inode: Inode, apply: (inode: Inode) => void): Sleepable<void> {
  const handle = yield* inode.sb.journal.start(INODE_CREDITS);
  try {
    apply(inode);
    inode.ctime = inode.sb.now;
    yield* markInodeDirty(handle, inode);
  } finally {
    yield* handle.stop();
  }
}
