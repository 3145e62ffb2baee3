import { encodeName } from '../ext4/directory/file-name.ts';
import { isDirectory, type Inode } from '../ext4/inode/inode.ts';
import { makeDirectory } from '../ext4/namespace/create.ts';
import { linkInode } from '../ext4/namespace/link.ts';
import { encodeComponent, lookup } from '../ext4/namespace/lookup.ts';
import { createSymlink } from '../ext4/namespace/symlink.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { refuseChange } from './inode-flags.ts';
import type { KernelContext } from './kernel-context.ts';
import { checkPath, PathWalk, resolve } from './path-walk.ts';

/** System calls that make a new name: mkdir, link, symlink. */

/** vfs_mkdir lets through permissions and the sticky bit only. */
const MKDIR_MODE = 0o1777;

export function* mkdir(context: KernelContext, path: string, mode: number): Sleepable<void> {
  yield* createAt(context, path, 'directory', (dir, name) => makeDirectory(dir, name, mode & MKDIR_MODE));
}

export function* symlink(context: KernelContext, target: string, path: string): Sleepable<void> {
  checkPath(target);
  const bytes = encodeName(target);
  yield* createAt(context, path, 'other', (dir, name) => createSymlink(dir, name, bytes));
}

export function* link(context: KernelContext, from: string, to: string): Sleepable<void> {
  const inode = yield* resolve(context, from, false);
  try {
    yield* createAt(context, to, 'other', (dir, name) => linkLocked(inode, dir, name));
  } finally {
    yield* context.sb.inodes.put(inode);
  }
}

/** vfs_link */
function* linkLocked(inode: Inode, dir: Inode, name: Uint8Array): Sleepable<void> {
  refuseChange(inode);
  if (isDirectory(inode.mode)) fail('EPERM');
  yield* inode.lock.write();
  try {
    if (inode.links === 0) fail('ENOENT');
    yield* linkInode(inode, dir, name);
  } finally {
    inode.lock.unlockWrite();
  }
}

/**
 * filename_create(): walks to the last component, which must be a name and free, and runs `make` under the directory's
 * lock. Only a directory may be named with a slash behind it.
 */
function* createAt(
  context: KernelContext,
  path: string,
  kind: 'directory' | 'other',
  make: (dir: Inode, name: Uint8Array) => Sleepable<void>,
): Sleepable<void> {
  checkPath(path);
  const walk = new PathWalk(context);
  try {
    yield* walk.toLast(path);
    if (walk.lastType !== 'normal') fail('EEXIST');
    const { dir } = walk;
    yield* dir.lock.write();
    try {
      const name = encodeComponent(walk.last);
      yield* mustBeFree(dir, name);
      if (walk.trailingSlash && kind !== 'directory') fail('ENOENT');
      context.wantWrite();
      if (dir.links === 0) fail('ENOENT');
      yield* make(dir, name);
    } finally {
      dir.lock.unlockWrite();
    }
  } finally {
    yield* walk.release();
  }
}

function* mustBeFree(dir: Inode, name: Uint8Array): Sleepable<void> {
  const existing = yield* lookup(dir, name);
  if (existing === null) return;
  yield* dir.sb.inodes.put(existing);
  fail('EEXIST');
}
