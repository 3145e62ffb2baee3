import { setExtents, setJournalData } from '../ext4/data/change-path.ts';
import {
  EXT4_DAX_FL,
  EXT4_NODUMP_FL,
  maskFlags,
  USER_MODIFIABLE,
  USER_VISIBLE,
} from '../ext4/inode/flags.ts';
import {
  EXT4_APPEND_FL,
  EXT4_CASEFOLD_FL,
  EXT4_EXTENTS_FL,
  EXT4_IMMUTABLE_FL,
  EXT4_JOURNAL_DATA_FL,
  EXT4_NOATIME_FL,
  EXT4_PROJINHERIT_FL,
  EXT4_SYNC_FL,
  isDirectory,
  isRegular,
  type Inode,
} from '../ext4/inode/inode.ts';
import { isSync } from '../ext4/inode/sync-flags.ts';
import { EXT4_GOOD_OLD_INODE_SIZE } from '../ext4/layout/inode.ts';
import { RO_COMPAT } from '../ext4/super/features.ts';
import { fail } from '../lib/errno.ts';
import { writeAndWait } from '../mm/filemap.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { changeInode } from './change-inode.ts';
import { isImmutable } from './inode-flags.ts';
import type { KernelContext } from './kernel-context.ts';
import type { Credentials } from './permission/credentials.ts';
import { isOwner } from './permission/permission.ts';

/** ioctl(2) of an open file or directory: its flags (chattr), its project and its generation. */

/** struct fileattr: what both pairs of ioctls read and write. */
interface FileAttributes {
  readonly flags: number;
  readonly project: number;
}

/** FS_IOC_GETFLAGS: bits named FS_*_FL. */
export const getFlags = (context: KernelContext, fd: number): number =>
  visibleFlags(context.files.get(fd).inode);

/** A regular file has nothing to hand down, whatever its inode says (ext4_fileattr_get). */
const visibleFlags = ({ mode, flags }: Inode): number =>
  flags & USER_VISIBLE & (isRegular(mode) ? ~EXT4_PROJINHERIT_FL : ~0);

/** FS_IOC_FSGETXATTR: the project, 0 where there are none. */
export const getProject = (context: KernelContext, fd: number): number => context.files.get(fd).inode.project;

/** FS_IOC_GETVERSION */
export const getGeneration = (context: KernelContext, fd: number): number =>
  context.files.get(fd).inode.generation;

/** FS_IOC_SETFLAGS. What users see and may not change is ignored. Fails with EPERM, EOPNOTSUPP, EROFS. */
export function* setFlags(context: KernelContext, fd: number, flags: number): Sleepable<void> {
  const { inode } = context.files.get(fd);
  yield* context.wantWrite();
  yield* setAttributes(context.caller, inode, { flags, project: inode.project });
}

/** Flags that FS_IOC_FSSETXATTR sets; the others stay as they are (FS_COMMON_FL). */
const COMMON =
  EXT4_SYNC_FL |
  EXT4_IMMUTABLE_FL |
  EXT4_APPEND_FL |
  EXT4_NODUMP_FL |
  EXT4_NOATIME_FL |
  EXT4_DAX_FL |
  EXT4_PROJINHERIT_FL;

/**
 * FS_IOC_FSSETXATTR of what FS_IOC_FSGETXATTR answered, with another project: 0 .. 2^32 - 2. `inherit` says whether what
 * is made below a directory belongs to the project, too; without it that stays as it is. Fails with EPERM, EINVAL,
 * EOPNOTSUPP, EROFS.
 */
export function* setProject(
  context: KernelContext,
  fd: number,
  project: number,
  inherit: boolean | null,
): Sleepable<void> {
  const { inode } = context.files.get(fd);
  const old = visibleFlags(inode);
  const kept = inherit === null ? old : old & ~EXT4_PROJINHERIT_FL;
  const flags = inherit === true ? kept | EXT4_PROJINHERIT_FL : kept;
  yield* context.wantWrite();
  yield* setAttributes(context.caller, inode, {
    flags: (flags & COMMON) | (old & ~COMMON),
    project: project >>> 0,
  });
}

/** vfs_fileattr_set() */
function* setAttributes(caller: Credentials, inode: Inode, wanted: FileAttributes): Sleepable<void> {
  if (!isOwner(caller, inode)) fail('EPERM');
  yield* inode.lock.write();
  try {
    prepare(caller, inode, wanted);
    yield* apply(caller, inode, wanted);
  } finally {
    inode.lock.unlockWrite();
  }
}

/** (projid_t)-1 is no project. */
const NO_PROJECT = 0xffffffff;

/** fileattr_set_prepare(): the two flags that bind even root are root's alone. */
function prepare({ privileged }: Credentials, inode: Inode, { flags, project }: FileAttributes): void {
  const changed = flags ^ visibleFlags(inode);
  if ((changed & (EXT4_APPEND_FL | EXT4_IMMUTABLE_FL)) !== 0 && !privileged) fail('EPERM');
  if (project !== inode.project && project === NO_PROJECT) fail('EINVAL');
}

/** What users change and nothing else depends on. */
const SET_AT_ONCE = USER_MODIFIABLE & ~(EXT4_JOURNAL_DATA_FL | EXT4_EXTENTS_FL);

/** ext4_fileattr_set() */
function* apply(caller: Credentials, inode: Inode, { flags, project }: FileAttributes): Sleepable<void> {
  if ((flags & ~USER_VISIBLE) !== 0) fail('EOPNOTSUPP');
  const settable = flags & USER_MODIFIABLE;
  if (maskFlags(inode.mode, settable) !== settable) fail('EOPNOTSUPP');
  checkImmutable(inode, settable, project);
  checkChangeable(caller, inode, settable);
  const becomesImmutable = !isImmutable(inode) && (settable & EXT4_IMMUTABLE_FL) !== 0;
  // What was written before must reach the disk: afterwards nothing is written to the file.
  if (becomesImmutable && isRegular(inode.mode)) yield* writeAndWait(inode.mapping, 0, Infinity);
  const changed = settable ^ inode.flags;
  const wasSync = isSync(inode);
  if ((changed & EXT4_DAX_FL) !== 0) chooseTableAnew(inode);
  yield* changeInode(inode, () => {
    inode.flags = (inode.flags & ~SET_AT_ONCE) | (settable & SET_AT_ONCE);
  });
  if (wasSync) yield* inode.sb.journal.waitForCommit(inode.syncTid);
  // What fails from here on takes nothing back.
  if ((changed & EXT4_JOURNAL_DATA_FL) !== 0) {
    // With its table the file would lose the mappings of the device that processes have.
    if (inode.dataPath.dax !== null) fail('EBUSY');
    yield* setJournalData(inode, (settable & EXT4_JOURNAL_DATA_FL) !== 0);
  }
  if ((changed & EXT4_EXTENTS_FL) !== 0) yield* setExtents(inode, (settable & EXT4_EXTENTS_FL) !== 0);
  yield* changeProject(inode, project);
}

/** ext4_dax_dontcache(): whether the file is mapped directly is decided when it enters memory, which is to be soon. */
function chooseTableAnew(inode: Inode): void {
  const { dax } = inode.sb.options;
  if (!isDirectory(inode.mode) && dax !== 'always' && dax !== 'never') inode.dontCache = true;
}

/** ext4_ioctl_check_immutable(): what is immutable and stays so changes in no other way. */
function checkImmutable(inode: Inode, flags: number, project: number): void {
  if (!isImmutable(inode) || (flags & EXT4_IMMUTABLE_FL) === 0) return;
  if (((inode.flags ^ flags) & ~EXT4_IMMUTABLE_FL) !== 0) fail('EPERM');
  if (hasProjects(inode) && project !== inode.project) fail('EPERM');
}

/** The checks of ext4_ioctl_setflags(). There are no directories that ignore case. */
function checkChangeable({ sysResource }: Credentials, inode: Inode, flags: number): void {
  const changed = flags ^ inode.flags;
  if ((changed & EXT4_JOURNAL_DATA_FL) !== 0 && !sysResource) fail('EPERM');
  if (!daxCompatible(inode.flags, flags) || (changed & EXT4_CASEFOLD_FL) !== 0) fail('EOPNOTSUPP');
}

/** What goes through the journal is not accessed directly (dax_compatible). */
function daxCompatible(old: number, wanted: number): boolean {
  if ((wanted & EXT4_DAX_FL) !== 0 && (old & EXT4_JOURNAL_DATA_FL) !== 0) return false;
  return (wanted & EXT4_JOURNAL_DATA_FL) === 0 || (old & EXT4_DAX_FL) === 0;
}

const hasProjects = ({ sb }: Inode): boolean => (sb.features.roCompat & RO_COMPAT.project) !== 0;

/** ext4_ioctl_setproject() */
function* changeProject(inode: Inode, project: number): Sleepable<void> {
  if (project === inode.project) return;
  if (!hasProjects(inode)) fail('EOPNOTSUPP');
  if (inode.sb.geometry.inodeSize <= EXT4_GOOD_OLD_INODE_SIZE) fail('EOPNOTSUPP');
  yield* changeInode(inode, () => {
    inode.project = project;
  });
}

/**
 * FS_IOC_SETVERSION. With checksums the generation is part of each and cannot change: ENOTTY. Fails with EPERM, EROFS.
 */
export function* setGeneration(context: KernelContext, fd: number, generation: number): Sleepable<void> {
  const { inode } = context.files.get(fd);
  if (!isOwner(context.caller, inode)) fail('EPERM');
  if (context.sb.hasChecksums) fail('ENOTTY');
  yield* context.wantWrite();
  yield* inode.lock.write();
  try {
    yield* changeInode(inode, () => {
      inode.generation = generation >>> 0;
    });
  } finally {
    inode.lock.unlockWrite();
  }
}
