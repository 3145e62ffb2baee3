import { setSize } from '../ext4/data/set-size.ts';
import { isDirectory, isRegular, isSymlink, type Inode } from '../ext4/inode/inode.ts';
import { allocateDelayed } from '../ext4/namespace/allocate-delayed.ts';
import { createFile } from '../ext4/namespace/create.ts';
import { encodeComponent, lookup } from '../ext4/namespace/lookup.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { isAppendOnly, isImmutable } from './inode-flags.ts';
import type { KernelContext } from './kernel-context.ts';
import { OpenFile } from './open-file.ts';
import { checkPath, PathWalk, resolveDots } from './path-walk.ts';
import type { OpenFlags } from './types.ts';

const MODE_BITS = 0o7777;

/** An inode with a reference, and whether this open made it (FMODE_CREATED). */
interface Opened {
  readonly inode: Inode;
  readonly created: boolean;
}

/** open(2): do_sys_open() up to the installed descriptor. */
export function* open(
  context: KernelContext,
  path: string,
  flags: OpenFlags,
  mode: number,
): Sleepable<number> {
  if (flags.create === true && flags.directory === true) fail('EINVAL');
  checkPath(path);
  const fd = context.files.reserve();
  try {
    const inode = yield* openInode(context, path, flags, mode & MODE_BITS);
    const readable = flags.access !== 'write';
    const writable = flags.access !== 'read';
    context.files.install(fd, new OpenFile(inode, readable, writable, flags.append === true));
    return fd;
  } catch (error) {
    context.files.cancel(fd);
    throw error;
  }
}

/** path_openat() */
function* openInode(
  context: KernelContext,
  path: string,
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
    walk.context.wantWrite();
    return { inode: yield* createFile(dir, name, permissions), created: true };
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
  }
  const wantsDirectory = flags.directory === true || walk.sawSlash;
  if (wantsDirectory && !isDirectory(inode.mode)) fail('ENOTDIR');
  const truncates = flags.truncate === true && !created && isRegular(inode.mode);
  if (truncates) context.wantWrite();
  mayOpen(context, inode, created, flags);
  if (!truncates) return;
  yield* inode.lock.write();
  try {
    yield* setSize(inode, 0);
  } finally {
    inode.lock.unlockWrite();
  }
}

/** may_open(). Pipes, sockets and devices have no driver here. */
function mayOpen(context: KernelContext, inode: Inode, created: boolean, flags: OpenFlags): void {
  const writes = !created && (flags.access !== 'read' || flags.truncate === true);
  if (isSymlink(inode.mode)) fail('ELOOP');
  if (isDirectory(inode.mode)) {
    if (writes) fail('EISDIR');
    return;
  }
  if (!isRegular(inode.mode)) fail('EOPNOTSUPP');
  if (!writes) return;
  context.wantWrite();
  context.sb.health.failInEmergency();
  if (isImmutable(inode)) fail('EPERM');
  if (!isAppendOnly(inode)) return;
  if (flags.truncate === true || (flags.access !== 'read' && flags.append !== true)) fail('EPERM');
}

/**
 * close(2). A file that was cut to nothing and rewritten gets its blocks now; when nobody can write any more, what was set
 * aside for it is given back (ext4_release_file).
 */
export function* close(context: KernelContext, fd: number): Sleepable<void> {
  const { inode } = context.files.remove(fd);
  if (inode.allocateOnClose) {
    inode.allocateOnClose = false;
    yield* allocateDelayed(inode);
  }
  if (inode.preallocation !== null) context.sb.blockAllocator.discardIfClosed(inode);
  yield* context.sb.inodes.put(inode);
}
