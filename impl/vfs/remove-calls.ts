import { isDirectory, type Inode } from '../ext4/inode/inode.ts';
import { encodeComponent, lookup } from '../ext4/namespace/lookup.ts';
import { removeDirectory, unlinkInode } from '../ext4/namespace/unlink.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { refuseDelete } from './inode-flags.ts';
import type { KernelContext } from './kernel-context.ts';
import { checkPath, PathWalk, type LastType } from './path-walk.ts';

/** System calls that take a name away: unlink, rmdir. */

/** What differs between the two. */
interface Removal {
  /** The answer to a path whose last component is not a name. */
  refuseLast(type: Exclude<LastType, 'normal'>): never;
  /** Is this a victim of the call? `trailingSlash`: the path had a slash behind the name. */
  check(victim: Inode, trailingSlash: boolean): void;
  remove(dir: Inode, name: Uint8Array, victim: Inode): Sleepable<void>;
}

const unlinkRemoval: Removal = {
  refuseLast: () => fail('EISDIR'),
  check(victim, trailingSlash) {
    if (isDirectory(victim.mode)) fail('EISDIR');
    if (trailingSlash) fail('ENOTDIR');
  },
  remove: unlinkInode,
};

const rmdirRemoval: Removal = {
  refuseLast(type) {
    if (type === 'dot') fail('EINVAL');
    return fail(type === 'dot-dot' ? 'ENOTEMPTY' : 'EBUSY');
  },
  check(victim) {
    if (!isDirectory(victim.mode)) fail('ENOTDIR');
  },
  remove: removeDirectory,
};

export function* unlink(context: KernelContext, path: string): Sleepable<void> {
  yield* removeAt(context, path, unlinkRemoval);
}

export function* rmdir(context: KernelContext, path: string): Sleepable<void> {
  yield* removeAt(context, path, rmdirRemoval);
}

/** do_unlinkat(), do_rmdir(). What loses its last name is freed after the locks are gone. */
function* removeAt(context: KernelContext, path: string, removal: Removal): Sleepable<void> {
  checkPath(path);
  const walk = new PathWalk(context);
  let victim: Inode | null = null;
  try {
    yield* walk.toLast(path);
    if (walk.lastType !== 'normal') removal.refuseLast(walk.lastType);
    context.wantWrite();
    const { dir } = walk;
    yield* dir.lock.write();
    try {
      const name = encodeComponent(walk.last);
      victim = (yield* lookup(dir, name)) ?? fail('ENOENT');
      removal.check(victim, walk.trailingSlash);
      refuseDelete(dir, victim);
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
    yield* removal.remove(dir, name, victim);
  } finally {
    victim.lock.unlockWrite();
  }
}
