import type { Handle } from '../../jbd2/handle.ts';
import { fail } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { parentEntry, setEntry } from '../directory/directory.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { honourDirSync } from '../inode/sync-flags.ts';
import { isDirectory, type Inode } from '../inode/inode.ts';
import { EXT4_FT_DIR } from '../layout/directory.ts';
import { EXCHANGE_CREDITS } from './credits.ts';
import { addSubdirectoryLink, isFullOfDirectories, removeLink } from './link-count.ts';
import { mustKeepProject } from './project.ts';
import { checkParent, type RenameSide } from './rename.ts';
import { entryOf } from './unlink.ts';

type Side = RenameSide<Inode>;

/**
 * ext4_cross_rename: two names change what they mean with each other, at once. Directories that change their parent lead
 * to the new one afterwards, and count there. The caller holds i_rwsem of both directories and both inodes, and has done
 * the checks of the VFS. Fails with EXDEV, EMLINK and then has changed nothing.
 */
export function* exchangeInodes(one: Side, other: Side): Sleepable<void> {
  mustKeepProject(other.dir, one.inode);
  mustKeepProject(one.dir, other.inode);
  const handle = yield* one.dir.sb.journal.start(EXCHANGE_CREDITS);
  honourDirSync(handle, one.dir);
  honourDirSync(handle, other.dir);
  try {
    one.dir.sb.fastCommits?.tracker.ineligible(handle.transaction.tid, 'names exchanged');
    const moves = one.dir !== other.dir;
    if (moves) yield* checkMoves(one, other);
    yield* exchangeEntries(handle, one, other);
    yield* changed(handle, one);
    yield* changed(handle, other);
    if (moves) yield* leadToNewParents(handle, one, other);
  } finally {
    yield* handle.stop();
  }
}

function* checkMoves(one: Side, other: Side): Sleepable<void> {
  const [first, second] = [isDirectory(one.inode.mode), isDirectory(other.inode.mode)];
  if (first) yield* checkParent(one.inode, one.dir);
  if (second) yield* checkParent(other.inode, other.dir);
  if (first && !second && isFullOfDirectories(other.dir)) fail('EMLINK');
  if (second && !first && isFullOfDirectories(one.dir)) fail('EMLINK');
}

function* exchangeEntries(handle: Handle, one: Side, other: Side): Sleepable<void> {
  const here = yield* entryOf(one.dir, one.name, one.inode);
  const there = yield* entryOf(other.dir, other.name, other.inode);
  yield* setEntry(handle, there, one.inode.ino, here.fileType);
  yield* setEntry(handle, here, other.inode.ino, there.fileType);
}

/** What a rename does to the times. */
function* changed(handle: Handle, { dir, inode }: Side): Sleepable<void> {
  const { now } = dir.sb;
  dir.mtime = dir.ctime = now;
  yield* markInodeDirty(handle, dir);
  inode.ctime = now;
  yield* markInodeDirty(handle, inode);
}

/** Directories lead to their new parents, which count them unless they only take turns (ext4_update_dir_count). */
function* leadToNewParents(handle: Handle, one: Side, other: Side): Sleepable<void> {
  const [first, second] = [isDirectory(one.inode.mode), isDirectory(other.inode.mode)];
  if (first) yield* setParent(handle, one.inode, other.dir);
  if (second) yield* setParent(handle, other.inode, one.dir);
  if (first === second) return;
  removeLink(first ? one.dir : other.dir);
  addSubdirectoryLink(first ? other.dir : one.dir);
  yield* markInodeDirty(handle, one.dir);
  yield* markInodeDirty(handle, other.dir);
}

/** ext4_rename_dir_finish */
function* setParent(handle: Handle, inode: Inode, parent: Inode): Sleepable<void> {
  yield* setEntry(handle, yield* parentEntry(inode), parent.ino, EXT4_FT_DIR);
}
