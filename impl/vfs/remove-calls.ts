import { isDirectory, type Inode } from '../ext4/inode/inode.ts';
import { encodeComponent, lookup } from '../ext4/namespace/lookup.ts';
import { removeDirectory, unlinkInode } from '../ext4/namespace/unlink.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { KernelContext } from './kernel-context.ts';
import { checkPath, PathWalk, type LastType } from './path-walk.ts';
import { mayDelete } from './permission/name-change.ts';
import type { Path } from './place.ts';

/** System calls that take a name away: unlink, rmdir. */

/** What differs between the two. */
interface Removal {
  readonly ofDirectories: boolean;
  /** The answer to a path whose last component is not a name. */
  refuseLast(type: Exclude<LastType, 'normal'>): never;
  remove(dir: Inode, name: Uint8Array, victim: Inode): Sleepable<void>;
}

const unlinkRemoval: Removal = {
  ofDirectories: false,
  refuseLast: () => fail('EISDIR'),
  remove: unlinkInode,
};

const rmdirRemoval: Removal = {
  ofDirectories: true,
  refuseLast(type) {
    if (type === 'dot') fail('EINVAL');
    return fail(type === 'dot-dot' ? 'ENOTEMPTY' : 'EBUSY');
  },
  remove: removeDirectory,
};

export function* unlink(context: KernelContext, path: Path): Sleepable<void> {
  yield* removeAt(context, path, unlinkRemoval);
}

export function* rmdir(context: KernelContext, path: Path): Sleepable<void> {
  yield* removeAt(context, path, rmdirRemoval);
}

/** do_unlinkat(), do_rmdir(). What loses its last name is freed after the locks are gone. */
function* removeAt(context: KernelContext, path: Path, removal: Removal): Sleepable<void> {
  checkPath(path);
  const walk = new PathWalk(context);
  let victim: Inode | null = null;
  try {
    yield* walk.toLast(path);
    if (walk.lastType !== 'normal') removal.refuseLast(walk.lastType);
    yield* context.wantWrite();
    const { dir } = walk;
    yield* dir.lock.write();
    try {
      const name = encodeComponent(walk.last);
      victim = (yield* lookup(dir, name)) ?? fail('ENOENT');
      if (walk.trailingSlash && !removal.ofDirectories) fail(isDirectory(victim.mode) ? 'EISDIR' : 'ENOTDIR');
      yield* mayDelete(context.caller, dir, victim, removal.ofDirectories);
      yield* removeLocked(dir, name, victim, removal);
    } finally {
      dir.lock.unlockWrite();
    }
  } finally {
    if (victim !== null) yield* context.sb.inodes.put(victim);
    yield* walk.release();
  }
}

function* removeLocked(dir: Inode, name: Uint8Array, victim: Inode, removal: Removal): Sleepable<void> {
  yield* victim.lock.write();
  try {
    if (victim.swapFile) fail('EPERM');
    yield* removal.remove(dir, name, victim);
  } finally {
    victim.lock.unlockWrite();
  }
}
