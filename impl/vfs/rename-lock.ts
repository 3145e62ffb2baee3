import type { Inode } from '../ext4/inode/inode.ts';
import { lookupParent } from '../ext4/namespace/lookup.ts';
import { Corruption } from '../lib/corruption.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { KernelContext } from './kernel-context.ts';

/**
 * lock_rename(): i_rwsem of both parents, an ancestor before its descendant. Answers the number of the inode that would be
 * moved below itself, or replaced by what stands below it; 0 for none. Ends with unlockParents.
 */
export function* lockParents(context: KernelContext, from: Inode, to: Inode): Sleepable<number> {
  if (from === to) {
    yield* from.lock.write();
    return 0;
  }
  yield* context.renameMutex.lock();
  try {
    const below = yield* childTowards(context, from, to);
    const above = below === 0 ? yield* childTowards(context, to, from) : 0;
    const fromFirst = below !== 0 || (above === 0 && from.ino < to.ino);
    yield* lockTwo(fromFirst ? from : to, fromFirst ? to : from);
    return below !== 0 ? below : above;
  } catch (error) {
    context.renameMutex.unlock();
    throw error;
  }
}

/** unlock_rename() */
export function unlockParents(context: KernelContext, from: Inode, to: Inode): void {
  from.lock.unlockWrite();
  if (from === to) return;
  to.lock.unlockWrite();
  context.renameMutex.unlock();
}

export function* lockTwo(first: Inode, second: Inode): Sleepable<void> {
  yield* first.lock.write();
  yield* second.lock.write();
}

/**
 * The child of `ancestor` through which one comes to `dir` (d_ancestor), or 0 when `dir` is not below. The rename mutex
 * keeps every `..` as it is.
 */
function* childTowards(context: KernelContext, ancestor: Inode, dir: Inode): Sleepable<number> {
  const { inodes, geometry } = context.sb;
  let child = dir;
  child.references++;
  try {
    for (let depth = 0; depth < geometry.inodes; depth++) {
      if (child === context.root) return 0;
      const parent = yield* lookupParent(child);
      if (parent === null) return 0;
      const { ino } = child;
      yield* inodes.put(child);
      child = parent;
      if (child === ancestor) return ino;
    }
    throw new Corruption(`directory ${dir.ino}`, 'ancestors', geometry.inodes, 'a way to the root');
  } finally {
    yield* inodes.put(child);
  }
}
