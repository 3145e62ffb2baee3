import type { Handle } from '../../jbd2/handle.ts';
import { Corruption } from '../../lib/corruption.ts';
import { Failure } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { applyInheritedAcl, inheritCredits, inheritedAcl } from '../acl/inode-acl.ts';
import { fileTypeOfMode } from '../directory/block.ts';
import { addEntry } from '../directory/directory.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { isDirectory, type Inode } from '../inode/inode.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';
import { putAll } from '../xattr/release.ts';
import { CREATE_CREDITS } from './credits.ts';
import { addSubdirectoryLink } from './link-count.ts';

const S_ISGID = 0o2000;

/** What makes a new inode what it is: sets its links, and writes its first contents. */
export type Fill = (handle: Handle, inode: Inode, dir: Inode) => Sleepable<void>;

/**
 * A new inode with a name (ext4_create, ext4_mkdir, ext4_symlink: they differ in `fill`). `mode` has the type. The caller
 * holds the directory's i_rwsem and knows that the name is free. Answers the inode with one reference. Fails with ENOSPC
 * and leaves nothing behind; blocks that wait for a commit to become free are waited for first.
 */
export function* createNamed(dir: Inode, name: Uint8Array, mode: number, fill: Fill): Sleepable<Inode> {
  return yield* retryAfterCommit(dir.sb, () => createOnce(dir, name, mode, fill));
}

function* createOnce(dir: Inode, name: Uint8Array, mode: number, fill: Fill): Sleepable<Inode> {
  const { inodes, journal } = dir.sb;
  const acl = yield* inheritedAcl(dir, mode);
  const handle = yield* journal.start(CREATE_CREDITS + inheritCredits(dir, acl));
  const opened: Inode[] = [];
  let inode: Inode | null = null;
  let named = false;
  try {
    inode = yield* inodes.create(handle, dir, inheritedMode(dir, mode), 0, inheritedGroup(dir));
    if (acl !== null) yield* applyInheritedAcl(handle, inode, acl, opened);
    yield* fill(handle, inode, dir);
    yield* addEntry(handle, dir, name, inode.ino, fileTypeOfMode(mode));
    yield* markInodeDirty(handle, inode);
    if (isDirectory(mode)) {
      addSubdirectoryLink(dir);
      yield* markInodeDirty(handle, dir);
    }
    named = true;
    return inode;
  } catch (error) {
    if (inode !== null && isOperational(error)) yield* abandon(handle, inode);
    throw error;
  } finally {
    yield* handle.stop();
    yield* putAll(opened);
    if (inode !== null && !named) yield* inodes.put(inode);
  }
}

/** An error that leaves the file system usable, so that what was begun must be undone. */
const isOperational = (error: unknown): boolean => error instanceof Failure || error instanceof Corruption;

/** The inode got no name: its last reference, or recovery, frees it (the error path of ext4_add_nondir). */
function* abandon(handle: Handle, inode: Inode): Sleepable<void> {
  inode.links = 0;
  yield* inode.sb.orphans.add(handle, inode);
  yield* markInodeDirty(handle, inode);
}

/** inode_init_owner: below a directory with the set-group-id bit everything has its group, and directories the bit. */
const inheritedGroup = (dir: Inode): number => ((dir.mode & S_ISGID) !== 0 ? dir.gid : 0);

const inheritedMode = (dir: Inode, mode: number): number =>
  (dir.mode & S_ISGID) !== 0 && isDirectory(mode) ? mode | S_ISGID : mode;
