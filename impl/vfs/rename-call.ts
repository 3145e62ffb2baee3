import { isDirectory, type Inode } from '../ext4/inode/inode.ts';
import { encodeComponent, lookup } from '../ext4/namespace/lookup.ts';
import { renameInode } from '../ext4/namespace/rename.ts';
import { Corruption } from '../lib/corruption.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { refuseDelete } from './inode-flags.ts';
import type { KernelContext } from './kernel-context.ts';
import { checkPath, PathWalk } from './path-walk.ts';
import { lockParents, lockTwo, unlockParents } from './rename-lock.ts';

/** A name in its directory, and what it means now. */
interface Side {
  readonly walk: PathWalk;
  inode: Inode | null;
}

/** rename(2): do_renameat2() without flags. */
export function* rename(context: KernelContext, from: string, to: string): Sleepable<void> {
  checkPath(from);
  const source: Side = { walk: new PathWalk(context), inode: null };
  const target: Side = { walk: new PathWalk(context), inode: null };
  try {
    yield* source.walk.toLast(from);
    checkPath(to);
    yield* target.walk.toLast(to);
    if (source.walk.lastType !== 'normal' || target.walk.lastType !== 'normal') fail('EBUSY');
    context.wantWrite();
    yield* renameBetween(context, source, target);
  } finally {
    yield* releaseSide(context, source);
    yield* releaseSide(context, target);
  }
}

function* releaseSide(context: KernelContext, { walk, inode }: Side): Sleepable<void> {
  if (inode !== null) yield* context.sb.inodes.put(inode);
  yield* walk.release();
}

function* renameBetween(context: KernelContext, source: Side, target: Side): Sleepable<void> {
  const trap = yield* lockParents(context, source.walk.dir, target.walk.dir);
  try {
    const from = { dir: source.walk.dir, name: encodeComponent(source.walk.last) };
    const inode = (source.inode = (yield* lookup(from.dir, from.name)) ?? fail('ENOENT'));
    const to = { dir: target.walk.dir, name: encodeComponent(target.walk.last) };
    const replaced = (target.inode = yield* lookup(to.dir, to.name));
    const slashes = source.walk.trailingSlash || target.walk.trailingSlash;
    if (slashes && !isDirectory(inode.mode)) fail('ENOTDIR');
    if (inode.ino === trap) fail('EINVAL');
    if (replaced?.ino === trap) fail('ENOTEMPTY');
    if (inode === replaced) return;
    refuseLoop(from.dir, to.dir, inode, replaced);
    mayRename(from.dir, inode, to.dir, replaced);
    yield* lockMoved(inode, replaced);
    try {
      yield* renameInode({ ...from, inode }, { ...to, inode: replaced });
    } finally {
      inode.lock.unlockWrite();
      replaced?.lock.unlockWrite();
    }
  } finally {
    unlockParents(context, source.walk.dir, target.walk.dir);
  }
}

/** A name that leads up again: the kernel refuses it in d_splice_alias(), and here it would be locked twice. */
function refuseLoop(fromDir: Inode, toDir: Inode, ...named: readonly (Inode | null)[]): void {
  for (const inode of named) {
    if (inode !== fromDir && inode !== toDir) continue;
    throw new Corruption(`directory ${fromDir.ino}`, 'inode', inode.ino, 'none of its ancestors');
  }
}

/** may_delete() and may_create() of vfs_rename(). */
function mayRename(fromDir: Inode, inode: Inode, toDir: Inode, replaced: Inode | null): void {
  refuseDelete(fromDir, inode);
  if (replaced === null) {
    if (toDir.links === 0) fail('ENOENT');
    return;
  }
  refuseDelete(toDir, replaced);
  if (isDirectory(inode.mode) && !isDirectory(replaced.mode)) fail('ENOTDIR');
  if (!isDirectory(inode.mode) && isDirectory(replaced.mode)) fail('EISDIR');
}

function* lockMoved(inode: Inode, replaced: Inode | null): Sleepable<void> {
  if (replaced === null) return yield* inode.lock.write();
  if (inode.ino < replaced.ino) yield* lockTwo(inode, replaced);
  else yield* lockTwo(replaced, inode);
}
