import { isDirectory, type Inode } from '../ext4/inode/inode.ts';
import { exchangeInodes } from '../ext4/namespace/exchange.ts';
import { encodeComponent, lookup } from '../ext4/namespace/lookup.ts';
import { renameInode } from '../ext4/namespace/rename.ts';
import { Corruption } from '../lib/corruption.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { KernelContext } from './kernel-context.ts';
import { checkPath, PathWalk } from './path-walk.ts';
import type { Credentials } from './permission/credentials.ts';
import { mayCreate, mayDelete } from './permission/name-change.ts';
import { checkPermission, MAY_WRITE } from './permission/permission.ts';
import type { Path } from './place.ts';
import { lockParents, lockTwo, unlockParents } from './rename-lock.ts';
import type { RenameFlags } from './types.ts';

/** A name in its directory, and what it means now. */
interface Side {
  readonly walk: PathWalk;
  inode: Inode | null;
}

/** renameat2(2): do_renameat2() */
export function* rename(context: KernelContext, from: Path, to: Path, flags: RenameFlags): Sleepable<void> {
  if (flags.exchange === true && (flags.noreplace === true || flags.whiteout === true)) fail('EINVAL');
  checkPath(from);
  const source: Side = { walk: new PathWalk(context), inode: null };
  const target: Side = { walk: new PathWalk(context), inode: null };
  try {
    yield* source.walk.toLast(from);
    checkPath(to);
    yield* target.walk.toLast(to);
    if (source.walk.lastType !== 'normal') fail('EBUSY');
    if (target.walk.lastType !== 'normal') fail(flags.noreplace === true ? 'EEXIST' : 'EBUSY');
    yield* context.wantWrite();
    yield* renameBetween(context, source, target, flags);
  } finally {
    yield* releaseSide(context, source);
    yield* releaseSide(context, target);
  }
}

function* releaseSide(context: KernelContext, { walk, inode }: Side): Sleepable<void> {
  if (inode !== null) yield* context.sb.inodes.put(inode);
  yield* walk.release();
}

function* renameBetween(
  context: KernelContext,
  source: Side,
  target: Side,
  flags: RenameFlags,
): Sleepable<void> {
  const trap = yield* lockParents(context, source.walk.dir, target.walk.dir);
  try {
    const fromName = encodeComponent(source.walk.last);
    const inode = (source.inode = (yield* lookup(source.walk.dir, fromName)) ?? fail('ENOENT'));
    const toName = encodeComponent(target.walk.last);
    const replaced = (target.inode = yield* lookup(target.walk.dir, toName));
    const from = { dir: source.walk.dir, name: fromName, inode };
    const to = { dir: target.walk.dir, name: toName, inode: replaced };
    checkSides(source, inode, target, replaced, flags);
    if (inode.ino === trap) fail('EINVAL');
    if (replaced?.ino === trap) fail(flags.exchange === true ? 'EINVAL' : 'ENOTEMPTY');
    if (inode === replaced) return;
    refuseLoop(from.dir, to.dir, inode, replaced);
    yield* mayRename(context.caller, from, to, flags.exchange === true);
    yield* lockMoved(inode, replaced);
    try {
      if (inode.swapFile || replaced?.swapFile === true) fail('EPERM');
      const whiteoutOwner = flags.whiteout === true ? context.caller : null;
      if (flags.exchange === true && replaced !== null)
        yield* exchangeInodes(from, { dir: to.dir, name: toName, inode: replaced });
      else yield* renameInode(from, to, whiteoutOwner);
    } finally {
      inode.lock.unlockWrite();
      replaced?.lock.unlockWrite();
    }
  } finally {
    unlockParents(context, source.walk.dir, target.walk.dir);
  }
}

/** What do_renameat2() asks of the two names: is there one where there must be, and does a slash stand behind a directory? */
function checkSides(
  source: Side,
  inode: Inode,
  target: Side,
  replaced: Inode | null,
  flags: RenameFlags,
): void {
  if (flags.noreplace === true && replaced !== null) fail('EEXIST');
  if (flags.exchange === true) {
    if (replaced === null) fail('ENOENT');
    if (target.walk.trailingSlash && !isDirectory(replaced.mode)) fail('ENOTDIR');
  } else if (target.walk.trailingSlash && !isDirectory(inode.mode)) fail('ENOTDIR');
  if (source.walk.trailingSlash && !isDirectory(inode.mode)) fail('ENOTDIR');
}

/** A name that leads up again: the kernel refuses it in d_splice_alias(), and here it would be locked twice. */
function refuseLoop(fromDir: Inode, toDir: Inode, ...named: readonly (Inode | null)[]): void {
  for (const inode of named) {
    if (inode !== fromDir && inode !== toDir) continue;
    throw new Corruption(`directory ${fromDir.ino}`, 'inode', inode.ino, 'none of its ancestors');
  }
}

interface Named<I> {
  readonly dir: Inode;
  readonly inode: I;
}

/** What vfs_rename() asks before it locks: whoever changes the parent of a directory writes to it. */
function* mayRename(
  caller: Credentials,
  from: Named<Inode>,
  to: Named<Inode | null>,
  exchange: boolean,
): Sleepable<void> {
  const moved = isDirectory(from.inode.mode);
  yield* mayDelete(caller, from.dir, from.inode, moved);
  const replaced = to.inode;
  if (replaced === null) yield* mayCreate(caller, to.dir);
  else yield* mayDelete(caller, to.dir, replaced, exchange ? isDirectory(replaced.mode) : moved);
  if (from.dir === to.dir) return;
  if (moved) yield* checkPermission(caller, from.inode, MAY_WRITE);
  if (exchange && replaced !== null && isDirectory(replaced.mode))
    yield* checkPermission(caller, replaced, MAY_WRITE);
}

function* lockMoved(inode: Inode, replaced: Inode | null): Sleepable<void> {
  if (replaced === null) return yield* inode.lock.write();
  if (inode.ino < replaced.ino) yield* lockTwo(inode, replaced);
  else yield* lockTwo(replaced, inode);
}
