import type { Handle } from '../../jbd2/handle.ts';
import { Corruption } from '../../lib/corruption.ts';
import { Failure } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { applyInheritedAcl, inheritCredits, inheritedAcl } from '../acl/inode-acl.ts';
import type { Birthplace } from '../allocation/inode-placement.ts';
import type { Acl } from '../acl/posix-acl.ts';
import { fileTypeOfMode } from '../directory/block.ts';
import { addEntry } from '../directory/directory.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { honourDirSync } from '../inode/sync-flags.ts';
import { isDirectory, isSymlink, S_ISGID, type Inode } from '../inode/inode.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';
import { putAll } from '../xattr/release.ts';
import { CREATE_CREDITS } from './credits.ts';
import { addSubdirectoryLink } from './link-count.ts';

/** Whom a new inode belongs to. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
  /** Permission bits that the maker never gives; an inherited ACL says it instead. */
  readonly umask: number;
}

/** What makes a new inode what it is: sets its links, and writes its first contents. */
export type Fill = (handle: Handle, inode: Inode, dir: Inode) => Sleepable<void>;

/**
 * A new inode with a name (ext4_create, ext4_mkdir, ext4_mknod, ext4_symlink: they differ in `fill`). `mode` has the type.
 * The caller holds the directory's i_rwsem and knows that the name is free. Answers the inode with one reference. Fails with ENOSPC
 * and leaves nothing behind; blocks that wait for a commit to become free are waited for first.
 */
export function* createNamed(
  dir: Inode,
  name: Uint8Array,
  mode: number,
  owner: Owner,
  fill: Fill,
): Sleepable<Inode> {
  return yield* retryAfterCommit(dir.sb, () => createOnce(dir, name, mode, owner, fill));
}

function* createOnce(dir: Inode, name: Uint8Array, mode: number, owner: Owner, fill: Fill): Sleepable<Inode> {
  const { inodes, journal } = dir.sb;
  const heritage = yield* heritageOf({ dir, name }, mode, owner);
  const handle = yield* journal.start(CREATE_CREDITS + heritageCredits(heritage));
  honourDirSync(handle, dir);
  let inode: Inode | null = null;
  let named = false;
  try {
    inode = yield* newInode(handle, heritage);
    yield* fill(handle, inode, dir);
    yield* addEntry(handle, dir, name, inode.ino, fileTypeOfMode(mode));
    yield* markInodeDirty(handle, inode);
    if (isDirectory(mode)) {
      addSubdirectoryLink(dir);
      yield* markInodeDirty(handle, dir);
    }
    dir.sb.fastCommits?.tracker.named(handle, 'create', dir, name, inode);
    named = true;
    return inode;
  } catch (error) {
    if (inode !== null && isOperational(error)) yield* abandon(handle, inode);
    throw error;
  } finally {
    yield* handle.stop();
    yield* putAll(heritage.opened);
    if (inode !== null && !named) yield* inodes.put(inode);
  }
}

/** An error that leaves the file system usable, so that what was begun must be undone. */
export const isOperational = (error: unknown): boolean =>
  error instanceof Failure || error instanceof Corruption;

/** The inode got no name: its last reference, or recovery, frees it (the error path of ext4_add_nondir). */
export function* abandon(handle: Handle, inode: Inode): Sleepable<void> {
  inode.links = 0;
  yield* inode.sb.orphans.add(handle, inode);
  yield* markInodeDirty(handle, inode);
}

/** What a new inode has from its directory and its maker, known before there is a handle. */
export interface Heritage {
  readonly birthplace: Birthplace;
  readonly mode: number;
  readonly owner: Owner;
  readonly acl: Acl | null;
  /** Inodes that hold attributes' values: to be put after the handle. */
  readonly opened: Inode[];
}

export function* heritageOf(birthplace: Birthplace, mode: number, owner: Owner): Sleepable<Heritage> {
  const acl = yield* inheritedAcl(birthplace.dir, mode);
  const masked = acl === null && !isSymlink(mode) ? mode & ~owner.umask : mode;
  return { birthplace, mode: masked, owner, acl, opened: [] };
}

export const heritageCredits = ({ birthplace, acl }: Heritage): number => inheritCredits(birthplace.dir, acl);

/**
 * An inode without a name (__ext4_new_inode). Below a directory with the set-group-ID bit everything has its group, and
 * directories the bit (inode_init_owner).
 */
export function* newInode(handle: Handle, heritage: Heritage): Sleepable<Inode> {
  const { birthplace, mode, owner, acl, opened } = heritage;
  const { dir } = birthplace;
  const inherits = (dir.mode & S_ISGID) !== 0;
  const fullMode = inherits && isDirectory(mode) ? mode | S_ISGID : mode;
  const { inodes } = dir.sb;
  const inode = yield* inodes.create(handle, birthplace, fullMode, owner.uid, inherits ? dir.gid : owner.gid);
  if (acl !== null) {
    try {
      yield* applyInheritedAcl(handle, inode, acl, opened);
    } catch (error) {
      if (isOperational(error)) yield* abandon(handle, inode);
      opened.push(inode);
      throw error;
    }
  }
  return inode;
}
