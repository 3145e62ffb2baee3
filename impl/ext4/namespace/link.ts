import type { Sleepable } from '../../sched/sleepable.ts';
import { fileTypeOfMode } from '../directory/block.ts';
import { addEntry } from '../directory/directory.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import type { Inode } from '../inode/inode.ts';
import { honourDirSync } from '../inode/sync-flags.ts';
import { mustKeepProject } from './project.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';
import { fail } from '../../lib/errno.ts';
import { LINK_CREDITS } from './credits.ts';
import { LINKS_MAX } from './link-count.ts';

/**
 * ext4_link: one more name for a file; an unnamed one is an orphan no more. The caller holds i_rwsem of the directory and
 * of the file, and knows that the name is free. Fails with EMLINK, EXDEV, ENOSPC.
 */
export function* linkInode(inode: Inode, dir: Inode, name: Uint8Array): Sleepable<void> {
  if (inode.links >= LINKS_MAX) fail('EMLINK');
  mustKeepProject(dir, inode);
  yield* retryAfterCommit(dir.sb, () => linkOnce(inode, dir, name));
}

function* linkOnce(inode: Inode, dir: Inode, name: Uint8Array): Sleepable<void> {
  const { journal, now } = dir.sb;
  const handle = yield* journal.start(LINK_CREDITS);
  honourDirSync(handle, dir);
  try {
    yield* addEntry(handle, dir, name, inode.ino, fileTypeOfMode(inode.mode));
    inode.links++;
    inode.ctime = now;
    yield* markInodeDirty(handle, inode);
    if (inode.links === 1) yield* dir.sb.orphans.remove(handle, inode);
    dir.sb.fastCommits?.tracker.linked(handle, dir, name, inode);
  } finally {
    yield* handle.stop();
  }
}
