import { isDirectory, isRegular, S_ISGID, S_ISUID, S_IXGRP, type Inode } from '../ext4/inode/inode.ts';
import { linkInode } from '../ext4/namespace/link.ts';
import { fail, Failure } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { createAt } from './create-calls.ts';
import { refuseChange } from './inode-flags.ts';
import type { KernelContext } from './kernel-context.ts';
import { resolve } from './path-walk.ts';
import { mayCreate } from './permission/name-change.ts';
import { checkPermission, isOwner, MAY_READ, MAY_WRITE } from './permission/permission.ts';
import type { Path } from './place.ts';

/** System calls that give an inode one more name: link, and linkat of an open file. */

export function* link(context: KernelContext, from: Path, to: Path): Sleepable<void> {
  const inode = yield* resolve(context, from, false);
  try {
    yield* linkTo(context, inode, to);
  } finally {
    yield* context.sb.inodes.put(inode);
  }
}

/**
 * linkat(2) with AT_EMPTY_PATH: a name for an open file, which may have none yet (O_TMPFILE). Fails with ENOENT when
 * somebody else has opened it and the caller is not root.
 */
export function* linkHandle(context: KernelContext, fd: number, to: Path): Sleepable<void> {
  const { inode, openedBy } = context.files.get(fd);
  if (openedBy !== context.caller && !context.caller.privileged) fail('ENOENT');
  yield* linkTo(context, inode, to);
}

export function* linkTo(context: KernelContext, inode: Inode, to: Path): Sleepable<void> {
  yield* createAt(context, to, 'other', (dir, name) => linkIn(context, inode, dir, name));
}

function* linkIn(context: KernelContext, inode: Inode, dir: Inode, name: Uint8Array): Sleepable<void> {
  if (context.protectedHardlinks) yield* mayLink(context, inode);
  yield* mayCreate(context.caller, dir);
  yield* linkLocked(inode, dir, name);
}

/** may_linkat(): with fs.protected_hardlinks only the owner links files that others could misuse. Fails with EPERM. */
function* mayLink({ caller }: KernelContext, inode: Inode): Sleepable<void> {
  if (isOwner(caller, inode)) return;
  if (!isHarmless(inode.mode)) fail('EPERM');
  try {
    yield* checkPermission(caller, inode, MAY_READ | MAY_WRITE);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    fail('EPERM');
  }
}

/** safe_hardlink_source() */
const isHarmless = (mode: number): boolean =>
  isRegular(mode) && (mode & S_ISUID) === 0 && (mode & (S_ISGID | S_IXGRP)) !== (S_ISGID | S_IXGRP);

/** vfs_link */
function* linkLocked(inode: Inode, dir: Inode, name: Uint8Array): Sleepable<void> {
  refuseChange(inode);
  if (isDirectory(inode.mode)) fail('EPERM');
  yield* inode.lock.write();
  try {
    if (inode.links === 0 && !inode.linkable) fail('ENOENT');
    yield* linkInode(inode, dir, name);
    inode.linkable = false;
  } finally {
    inode.lock.unlockWrite();
  }
}
