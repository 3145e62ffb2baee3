import { allocateDelayed } from '../ext4/namespace/allocate-delayed.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { KernelContext } from './kernel-context.ts';
import type { OpenFile } from './open-file.ts';

/**
 * fput(): one user of an open file less, a descriptor or a mapping. After the last one, a file that was cut to nothing and
 * rewritten gets its blocks; when nobody can write any more, what was set aside for it is given back (ext4_release_file).
 */
export function* releaseFile(context: KernelContext, file: OpenFile): Sleepable<void> {
  if (--file.users > 0) return;
  const { inode, writable } = file;
  if (writable) inode.writers--;
  if (inode.allocateOnClose) {
    inode.allocateOnClose = false;
    yield* allocateDelayed(inode);
  }
  if (inode.preallocation !== null) context.sb.blockAllocator.discardIfClosed(inode);
  yield* context.sb.inodes.put(inode);
}
