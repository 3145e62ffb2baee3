import {
  EXT4_ENCRYPT_FL,
  isDirectory,
  isFifo,
  isRegular,
  isSymlink,
  S_ISVTX,
  type Inode,
} from '../ext4/inode/inode.ts';
import { createFile } from '../ext4/namespace/create.ts';
import { encodeComponent, lookup } from '../ext4/namespace/lookup.ts';
import { createUnnamed } from '../ext4/namespace/tmpfile.ts';
import type { IoRules } from '../ext4/data/io-rules.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { isAppendOnly } from './inode-flags.ts';
import type { KernelContext } from './kernel-context.ts';
import { OpenFile } from './open-file.ts';
import { checkPath, PathWalk, resolve, resolveDots } from './path-walk.ts';
import { releaseFile } from './release-file.ts';
import { modeOfNew } from './permission/name-change.ts';
import { checkPermission, MAY_EXEC, MAY_READ, MAY_WRITE } from './permission/permission.ts';
import { rulesOf } from './io-rules.ts';
import type { Path } from './place.ts';
import { truncateTo } from './truncate-calls.ts';
import type { OpenFlags } from './types.ts';

const MODE_BITS = 0o7777;
const S_IWOTH = 0o0002;

/** An inode with a reference, and whether this open made it (FMODE_CREATED). */
interface Opened {
  readonly inode: Inode;
  readonly created: boolean;
}

/** open(2): do_sys_open() up to the installed descriptor. `rules` are those of the descriptor, where the flags do not say them. */
export function* open(
  context: KernelContext,
  path: Path,
  flags: OpenFlags,
  mode: number,
  rules: IoRules = rulesOf(flags),
): Sleepable<number> {
  checkFlags(flags);
  checkPath(path);
  const fd = context.files.reserve();
  try {
    const inode =
      flags.tmpfile === true
        ? yield* openUnnamed(context, path, flags, mode & MODE_BITS)
        : yield* openInode(context, path, flags, mode & MODE_BITS);
    context.files.install(fd, new OpenFile(inode, flags.access, rules, context.caller));
    return fd;
  } catch (error) {
    context.files.cancel(fd);
    throw error;
  }
}

/** build_open_flags(): O_TMPFILE contains O_DIRECTORY, and is of no use without writing. */
function checkFlags({ access, create, directory, tmpfile }: OpenFlags): void {
  if (create === true && (directory === true || tmpfile === true)) fail('EINVAL');
  if (tmpfile === true && access === 'read') fail('EINVAL');
}

/** do_tmpfile(), vfs_tmpfile(): with O_EXCL the file never gets a name. */
function* openUnnamed(
  context: KernelContext,
  path: Path,
  flags: OpenFlags,
  permissions: number,
): Sleepable<Inode> {
  const { caller, sb } = context;
  const dir = yield* resolve(context, path, flags.nofollow !== true);
  try {
    if (!isDirectory(dir.mode)) fail('ENOTDIR');
    yield* context.wantWrite();
    yield* checkPermission(caller, dir, MAY_WRITE | MAY_EXEC);
    const inode = yield* createUnnamed(dir, modeOfNew(caller, dir, permissions), caller);
    inode.linkable = flags.exclusive !== true;
    return inode;
  } finally {
    yield* sb.inodes.put(dir);
  }
}

/** path_openat() */
function* openInode(
  context: KernelContext,
  path: Path,
  flags: OpenFlags,
  permissions: number,
): Sleepable<Inode> {
  const walk = new PathWalk(context);
  try {
    yield* walk.toLast(path);
    const opened = yield* openLast(walk, flags, permissions);
    try {
      yield* finishOpen(context, walk, opened, flags);
      return opened.inode;
    } catch (error) {
      yield* context.sb.inodes.put(opened.inode);
      throw error;
    }
  } finally {
    yield* walk.release();
  }
}

/** open_last_lookups(): the last component, made if it may be, followed while it is a link that may be followed. */
function* openLast(walk: PathWalk, flags: OpenFlags, permissions: number): Sleepable<Opened> {
  const create = flags.create === true;
  const follow = flags.nofollow !== true && !(create && flags.exclusive === true);
  for (;;) {
    if (walk.lastType !== 'normal') return { inode: yield* resolveDots(walk), created: false };
    if (create && walk.trailingSlash) fail('EISDIR');
    const opened = create ? yield* lookupOrCreate(walk, permissions) : yield* lookupExisting(walk);
    if (!isSymlink(opened.inode.mode) || !(follow || walk.sawSlash)) return opened;
    yield* walk.toLast(yield* walk.follow(opened.inode));
  }
}

function* lookupExisting(walk: PathWalk): Sleepable<Opened> {
  return { inode: (yield* walk.lookupShared(walk.last)) ?? fail('ENOENT'), created: false };
}

/** lookup_open() with O_CREAT */
function* lookupOrCreate(walk: PathWalk, permissions: number): Sleepable<Opened> {
  const { dir } = walk;
  const name = encodeComponent(walk.last);
  yield* dir.lock.write();
  try {
    if (dir.links === 0) fail('ENOENT');
    const existing = yield* lookup(dir, name);
    if (existing !== null) return { inode: existing, created: false };
    const { context } = walk;
    const { caller } = context;
    yield* context.wantWrite();
    yield* checkPermission(caller, dir, MAY_WRITE | MAY_EXEC);
    return {
      inode: yield* createFile(dir, name, modeOfNew(caller, dir, permissions), caller),
      created: true,
    };
  } finally {
    dir.lock.unlockWrite();
  }
}

/** do_open(): the checks in the kernel's order, then O_TRUNC. */
function* finishOpen(
  context: KernelContext,
  walk: PathWalk,
  { inode, created }: Opened,
  flags: OpenFlags,
): Sleepable<void> {
  if (flags.create === true) {
    if (flags.exclusive === true && !created) fail('EEXIST');
    if (isDirectory(inode.mode)) fail('EISDIR');
    refuseTrap(context.caller.uid, walk.dir, inode);
  }
  const wantsDirectory = flags.directory === true || walk.sawSlash;
  if (wantsDirectory && !isDirectory(inode.mode)) fail('ENOTDIR');
  // fscrypt_file_open fails without a key, and here there are none.
  if ((inode.flags & EXT4_ENCRYPT_FL) !== 0 && isRegular(inode.mode)) fail('EOPNOTSUPP');
  const truncates = flags.truncate === true && !created && isRegular(inode.mode);
  if (truncates) yield* context.wantWrite();
  if (!created) yield* mayOpen(context, inode, flags);
  // Pipes, sockets and devices have no driver here: nobody is at the other end.
  if (!isRegular(inode.mode) && !isDirectory(inode.mode)) fail('ENXIO');
  if (truncates) yield* truncateTo(context.caller, inode, 0);
  // do_dentry_open(): only regular files have FMODE_CAN_ODIRECT. By then the file was made, or cut.
  if (flags.direct === true && !isRegular(inode.mode)) fail('EINVAL');
}

/**
 * may_create_in_sticky(): who wants to create a file in a directory like /tmp gets no socket, device or link there that a
 * stranger left. Regular files and pipes are let through, as the sysctls fs.protected_regular and fs.protected_fifos do
 * when nobody has set them. Fails with EACCES, for root, too.
 */
function refuseTrap(uid: number, dir: Inode, inode: Inode): void {
  if ((dir.mode & S_ISVTX) === 0 || (dir.mode & S_IWOTH) === 0) return;
  if (isRegular(inode.mode) || isFifo(inode.mode)) return;
  if (inode.uid !== dir.uid && inode.uid !== uid) fail('EACCES');
}

/** may_open() of what was there before. */
function* mayOpen({ caller }: KernelContext, inode: Inode, flags: OpenFlags): Sleepable<void> {
  const truncates = flags.truncate === true;
  const writes = flags.access !== 'read' || truncates;
  if (isSymlink(inode.mode)) fail('ELOOP');
  if (isDirectory(inode.mode) && writes) fail('EISDIR');
  const reads = flags.access !== 'write';
  yield* checkPermission(caller, inode, (reads ? MAY_READ : 0) | (writes ? MAY_WRITE : 0));
  if (writes && isRegular(inode.mode)) inode.sb.health.failInEmergency();
  if (!isAppendOnly(inode)) return;
  if (flags.access !== 'read' && flags.append !== true) fail('EPERM');
  if (truncates && isRegular(inode.mode)) fail('EPERM');
}

/** close(2). A mapping may keep the file open. */
export const close = (context: KernelContext, fd: number): Sleepable<void> =>
  releaseFile(context, context.files.remove(fd));
