import { isDirectory, type Inode } from '../ext4/inode/inode.ts';
import { markInodeDirty } from '../ext4/inode/inode-table.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { INODE_CREDITS } from './access-time.ts';

/** Changes fields of an inode in one handle; its change time becomes now. The caller holds i_rwsem. */
export function* changeInode(inode: Inode, apply: () => void): Sleepable<void> {
  const handle = yield* inode.sb.journal.start(INODE_CREDITS);
  try {
    apply();
    const { fastCommits } = inode.sb;
    if (fastCommits !== null && isDirectory(inode.mode))
      fastCommits.tracker.ineligible(handle.transaction.tid, 'directory made, removed or changed');
    inode.ctime = inode.sb.now;
    yield* markInodeDirty(handle, inode);
  } finally {
    yield* handle.stop();
  }
}
