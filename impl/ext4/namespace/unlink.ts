import type { Handle } from '../../jbd2/handle.ts';
import { Corruption } from '../../lib/corruption.ts';
import { fail } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { findEntry, isEmptyDirectory, removeEntry, type DirectoryPosition } from '../directory/directory.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import type { Inode } from '../inode/inode.ts';
import { honourDirSync } from '../inode/sync-flags.ts';
import { DELETE_CREDITS } from './credits.ts';
import { removeLink } from './link-count.ts';

/**
 * ext4_unlink: takes a name from a file. Without names the file is an orphan until its last reference is put, which the
 * caller does after letting go of the locks. The caller holds i_rwsem of both.
 */
export function* unlinkInode(dir: Inode, name: Uint8Array, inode: Inode): Sleepable<void> {
  const { journal, now, orphans } = dir.sb;
  const handle = yield* journal.start(DELETE_CREDITS);
  honourDirSync(handle, dir);
  try {
    yield* removeEntry(handle, yield* entryOf(dir, name, inode));
    dir.ctime = dir.mtime = now;
    yield* markInodeDirty(handle, dir);
    removeLink(inode);
    if (inode.links === 0) yield* orphans.add(handle, inode);
    inode.ctime = now;
    yield* markInodeDirty(handle, inode);
    dir.sb.fastCommits?.tracker.named(handle, 'unlink', dir, name, inode);
  } finally {
    yield* handle.stop();
  }
}

/** The entry by which the caller found `inode`; its locks keep it in place. */
export function* entryOf(dir: Inode, name: Uint8Array, inode: Inode): Sleepable<DirectoryPosition> {
  const found = yield* findEntry(dir, name);
  if (found === null || found.ino !== inode.ino) {
    throw new Corruption(`directory ${dir.ino}`, 'inode', found?.ino ?? 0, `${inode.ino}`);
  }
  return found;
}

/** ext4_rmdir. Fails with ENOTEMPTY. The caller holds i_rwsem of both. */
export function* removeDirectory(dir: Inode, name: Uint8Array, inode: Inode): Sleepable<void> {
  const handle = yield* dir.sb.journal.start(DELETE_CREDITS);
  honourDirSync(handle, dir);
  try {
    const entry = yield* entryOf(dir, name, inode);
    if (!(yield* isEmptyDirectory(inode))) fail('ENOTEMPTY');
    yield* removeEntry(handle, entry);
    inode.size = 0;
    yield* buryDirectory(handle, inode);
    dir.ctime = dir.mtime = dir.sb.now;
    removeLink(dir);
    yield* markInodeDirty(handle, dir);
    dir.sb.fastCommits?.tracker.named(handle, 'unlink', dir, name, inode);
  } finally {
    yield* handle.stop();
  }
}

/** An empty directory without a name: no links, an orphan, found dead by whoever still refers to it. */
export function* buryDirectory(handle: Handle, inode: Inode): Sleepable<void> {
  inode.links = 0;
  inode.ctime = inode.sb.now;
  yield* inode.sb.orphans.add(handle, inode);
  yield* markInodeDirty(handle, inode);
}
