import type { Handle } from '../../jbd2/handle.ts';
import { Corruption } from '../../lib/corruption.ts';
import { fail } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { fileTypeOfMode } from '../directory/block.ts';
import { addEntry, isEmptyDirectory, parentEntry, removeEntry, setEntry } from '../directory/directory.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { isDirectory, type Inode } from '../inode/inode.ts';
import { EXT4_FT_DIR } from '../layout/directory.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';
import { allocateDelayed } from './allocate-delayed.ts';
import { RENAME_CREDITS } from './credits.ts';
import { addSubdirectoryLink, isFullOfDirectories, removeLink } from './link-count.ts';
import { buryDirectory, entryOf } from './unlink.ts';

/** One side of a rename: a name in a directory, and the inode there (struct ext4_renament). */
export interface RenameSide<I extends Inode | null> {
  readonly dir: Inode;
  readonly name: Uint8Array;
  readonly inode: I;
}

/**
 * ext4_rename: the old name goes, the new one comes or changes its meaning, at once. What the new name meant before
 * becomes an orphan when it was its last. The caller holds i_rwsem of both directories and of what must not change, and
 * has done the checks of the VFS. Fails with ENOTEMPTY, EMLINK, ENOSPC and then has changed nothing.
 */
export function* renameInode(from: RenameSide<Inode>, to: RenameSide<Inode | null>): Sleepable<void> {
  if (to.inode !== null) yield* allocateDelayed(from.inode);
  yield* retryAfterCommit(from.dir.sb, () => renameOnce(from, to));
}

function* renameOnce(from: RenameSide<Inode>, to: RenameSide<Inode | null>): Sleepable<void> {
  const handle = yield* from.dir.sb.journal.start(RENAME_CREDITS);
  try {
    if (isDirectory(from.inode.mode)) yield* checkDirectoryMove(from, to);
    yield* enterNewName(handle, from.inode, to);
    yield* leaveOldName(handle, from);
    if (isDirectory(from.inode.mode)) yield* moveDirectoryLink(handle, from, to);
    yield* markInodeDirty(handle, from.dir);
    if (to.inode !== null) yield* dropReplaced(handle, to.inode);
  } finally {
    yield* handle.stop();
  }
}

/** What can still forbid a directory to move (the first part of ext4_rename). */
function* checkDirectoryMove(from: RenameSide<Inode>, to: RenameSide<Inode | null>): Sleepable<void> {
  if (to.inode !== null) {
    if (!(yield* isEmptyDirectory(to.inode))) fail('ENOTEMPTY');
  } else if (to.dir !== from.dir && isFullOfDirectories(to.dir)) fail('EMLINK');
  if (to.dir === from.dir) return;
  const parent = yield* parentEntry(from.inode);
  if (parent.ino === from.dir.ino) return;
  throw new Corruption(`directory ${from.inode.ino}`, 'inode of ..', parent.ino, `${from.dir.ino}`);
}

function* enterNewName(handle: Handle, inode: Inode, to: RenameSide<Inode | null>): Sleepable<void> {
  const { dir, name } = to;
  const fileType = fileTypeOfMode(inode.mode);
  if (to.inode === null) return yield* addEntry(handle, dir, name, inode.ino, fileType);
  yield* setEntry(handle, yield* entryOf(dir, name, to.inode), inode.ino, fileType);
  dir.ctime = dir.mtime = dir.sb.now;
  yield* markInodeDirty(handle, dir);
}

function* leaveOldName(handle: Handle, { dir, name, inode }: RenameSide<Inode>): Sleepable<void> {
  if (!dir.sb.options.faults.has('rename-forgets-ctime')) inode.ctime = dir.sb.now;
  yield* markInodeDirty(handle, inode);
  yield* removeEntry(handle, yield* entryOf(dir, name, inode));
  dir.ctime = dir.mtime = dir.sb.now;
}

/** The moved directory's .. leads to its new parent, and counts there (ext4_rename_dir_finish). */
function* moveDirectoryLink(
  handle: Handle,
  from: RenameSide<Inode>,
  to: RenameSide<Inode | null>,
): Sleepable<void> {
  if (to.dir !== from.dir) yield* setEntry(handle, yield* parentEntry(from.inode), to.dir.ino, EXT4_FT_DIR);
  removeLink(from.dir);
  if (to.inode !== null) return;
  addSubdirectoryLink(to.dir);
  yield* markInodeDirty(handle, to.dir);
}

function* dropReplaced(handle: Handle, inode: Inode): Sleepable<void> {
  if (isDirectory(inode.mode)) return yield* buryDirectory(handle, inode);
  removeLink(inode);
  inode.ctime = inode.sb.now;
  if (inode.links === 0) yield* inode.sb.orphans.add(handle, inode);
  yield* markInodeDirty(handle, inode);
}
