import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { markInodeDirty } from '../inode/inode-table.ts';

/** Inode, and the superblock for the first large file. */
const INODE_CREDITS = 2;

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

/** i_disksize becomes i_size, in a handle of its own. */
export function* recordDiskSize(inode: Inode): Sleepable<void> {
  const handle = yield* inode.sb.journal.start(INODE_CREDITS);
  try {
    yield* growDiskSize(handle, inode, inode.size);
  } finally {
    yield* handle.stop();
  }
}
