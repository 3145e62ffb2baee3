import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { markInodeDirty } from '../inode/inode-table.ts';

/**
 * Moves i_disksize forward to `end`, but never beyond i_size (ext4_wb_update_i_disksize and ext4_update_i_disksize).
 * Answers whether it moved; the inode is dirty in `handle` then.
 */
export function* growDiskSize(handle: Handle, inode: Inode, end: number): Sleepable<boolean> {
  yield* inode.dataLock.write();
  const size = Math.min(end, inode.size);
  const grows = size > inode.diskSize;
  if (grows) inode.diskSize = size;
  inode.dataLock.unlockWrite();
  if (grows) yield* markInodeDirty(handle, inode);
  return grows;
}
