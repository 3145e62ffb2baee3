import type { Handle } from '../../jbd2/handle.ts';
import { Corruption } from '../../lib/corruption.ts';
import { fail } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { fileTypeOfMode } from '../directory/block.ts';
import { addEntry, isEmptyDirectory, parentEntry, removeEntry, setEntry } from '../directory/directory.ts';
import { setDeviceNumber } from '../inode/device-number.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { honourDirSync } from '../inode/sync-flags.ts';
import { isDirectory, S_IFCHR, type Inode } from '../inode/inode.ts';
import { EXT4_FT_CHRDEV, EXT4_FT_DIR } from '../layout/directory.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';
import { putAll } from '../xattr/release.ts';
import { allocateDelayed } from './allocate-delayed.ts';
import { RENAME_CREDITS, WHITEOUT_CREDITS } from './credits.ts';
import { addSubdirectoryLink, isFullOfDirectories, removeLink } from './link-count.ts';
import { abandon, heritageCredits, heritageOf, isOperational, newInode, type Owner } from './new-inode.ts';
import { mustKeepProject } from './project.ts';
import { buryDirectory, entryOf } from './unlink.ts';

/** One side of a rename: a name in a directory, and the inode there (struct ext4_renament). */
export interface RenameSide<I extends Inode | null> {
  readonly dir: Inode;
  readonly name: Uint8Array;
  readonly inode: I;
}

/**
 * ext4_rename: the old name goes, the new one comes or changes its meaning, at once. What the new name meant before
 * becomes an orphan when it was its last. With RENAME_WHITEOUT `whiteoutOwner` is whom the device 0:0 belongs to that
 * takes the old name. The caller holds i_rwsem of both directories and of what must not change, and has done the checks
 * of the VFS. Fails with EXDEV, ENOTEMPTY, EMLINK, ENOSPC and then has changed nothing.
 */
export function* renameInode(
  from: RenameSide<Inode>,
  to: RenameSide<Inode | null>,
  whiteoutOwner: Owner | null,
): Sleepable<void> {
  mustKeepProject(to.dir, from.inode);
  if (to.inode !== null) yield* allocateDelayed(from.inode);
  yield* retryAfterCommit(from.dir.sb, () =>
    whiteoutOwner === null ? renameOnce(from, to) : renameWithWhiteout(from, to, whiteoutOwner),
  );
}

function* renameOnce(from: RenameSide<Inode>, to: RenameSide<Inode | null>): Sleepable<void> {
  const handle = yield* from.dir.sb.journal.start(RENAME_CREDITS);
  honourDirSync(handle, from.dir);
  honourDirSync(handle, to.dir);
  try {
    yield* move(handle, from, to, null);
  } finally {
    yield* handle.stop();
  }
}

/** A handle of more blocks, and one more inode, which is forgotten when the move fails. */
function* renameWithWhiteout(
  from: RenameSide<Inode>,
  to: RenameSide<Inode | null>,
  owner: Owner,
): Sleepable<void> {
  const { journal, inodes } = from.dir.sb;
  const heritage = yield* heritageOf({ dir: from.dir, name: null }, S_IFCHR, owner);
  const credits = RENAME_CREDITS + WHITEOUT_CREDITS + heritageCredits(heritage);
  const handle = yield* journal.start(credits);
  honourDirSync(handle, from.dir);
  honourDirSync(handle, to.dir);
  let whiteout: Inode | null = null;
  try {
    whiteout = yield* newInode(handle, heritage);
    setDeviceNumber(whiteout, { major: 0, minor: 0 });
    whiteout.links = 1;
    yield* move(handle, from, to, whiteout);
    yield* markInodeDirty(handle, whiteout);
  } catch (error) {
    if (whiteout !== null && isOperational(error)) {
      // The kernel writes the old entry once more, and with it the directory's times (ext4_resetent).
      from.dir.ctime = from.dir.mtime = from.dir.sb.now;
      yield* markInodeDirty(handle, from.dir);
      yield* abandon(handle, whiteout);
    }
    throw error;
  } finally {
    yield* handle.stop();
    yield* putAll(heritage.opened);
    if (whiteout !== null) yield* inodes.put(whiteout);
  }
}

function* move(
  handle: Handle,
  from: RenameSide<Inode>,
  to: RenameSide<Inode | null>,
  whiteout: Inode | null,
): Sleepable<void> {
  if (isDirectory(from.inode.mode)) yield* checkDirectoryMove(from, to);
  yield* enterNewName(handle, from.inode, to);
  yield* leaveOldName(handle, from, whiteout);
  if (isDirectory(from.inode.mode)) yield* moveDirectoryLink(handle, from, to);
  yield* markInodeDirty(handle, from.dir);
  if (to.inode !== null) yield* dropReplaced(handle, to.inode);
  trackMove(handle, from, to);
}

/** For fast commits: what the new name meant, what it means now, and that the old one is gone. */
function trackMove(handle: Handle, from: RenameSide<Inode>, to: RenameSide<Inode | null>): void {
  const { fastCommits } = from.dir.sb;
  if (fastCommits === null) return;
  const { tracker } = fastCommits;
  if (isDirectory(from.inode.mode)) {
    tracker.ineligible(handle.transaction.tid, 'directory renamed');
    return;
  }
  if (to.inode !== null) tracker.named(handle, 'unlink', to.dir, to.name, to.inode);
  tracker.named(handle, 'link', to.dir, to.name, from.inode);
  tracker.named(handle, 'unlink', from.dir, from.name, from.inode);
}

/** What can still forbid a directory to move (the first part of ext4_rename). */
function* checkDirectoryMove(from: RenameSide<Inode>, to: RenameSide<Inode | null>): Sleepable<void> {
  if (to.inode !== null) {
    if (!(yield* isEmptyDirectory(to.inode))) fail('ENOTEMPTY');
  } else if (to.dir !== from.dir && isFullOfDirectories(to.dir)) fail('EMLINK');
  if (to.dir !== from.dir) yield* checkParent(from.inode, from.dir);
}

/** The entry for .. of a directory that moves leads to where it comes from (ext4_rename_dir_prepare). */
export function* checkParent(inode: Inode, dir: Inode): Sleepable<void> {
  const parent = yield* parentEntry(inode);
  if (parent.ino === dir.ino) return;
  throw new Corruption(`directory ${inode.ino}`, 'inode of ..', parent.ino, `${dir.ino}`);
}

function* enterNewName(handle: Handle, inode: Inode, to: RenameSide<Inode | null>): Sleepable<void> {
  const { dir, name } = to;
  const fileType = fileTypeOfMode(inode.mode);
  if (to.inode === null) return yield* addEntry(handle, dir, name, inode.ino, fileType);
  yield* setEntry(handle, yield* entryOf(dir, name, to.inode), inode.ino, fileType);
  dir.ctime = dir.mtime = dir.sb.now;
  yield* markInodeDirty(handle, dir);
}

function* leaveOldName(
  handle: Handle,
  { dir, name, inode }: RenameSide<Inode>,
  whiteout: Inode | null,
): Sleepable<void> {
  if (!dir.sb.options.faults.has('rename-forgets-ctime')) inode.ctime = dir.sb.now;
  yield* markInodeDirty(handle, inode);
  const entry = yield* entryOf(dir, name, inode);
  if (whiteout === null) yield* removeEntry(handle, entry);
  else yield* setEntry(handle, entry, whiteout.ino, EXT4_FT_CHRDEV);
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
