import { encodeName } from '../ext4/directory/file-name.ts';
import { isDeviceNumber, type DeviceNumber } from '../ext4/inode/device-number.ts';
import {
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  isDevice,
  isRegular,
  type Inode,
} from '../ext4/inode/inode.ts';
import { createFile, createNode, makeDirectory } from '../ext4/namespace/create.ts';
import { encodeComponent, lookup } from '../ext4/namespace/lookup.ts';
import { createSymlink } from '../ext4/namespace/symlink.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { KernelContext } from './kernel-context.ts';
import { checkPath, PathWalk } from './path-walk.ts';
import { mayCreate, modeOfNew } from './permission/name-change.ts';
import type { Path } from './place.ts';
import type { NodeType } from './types.ts';

/** System calls that make a new inode with a name: mkdir, symlink, mknod. */

/** vfs_mkdir lets through permissions and the sticky bit only. */
const MKDIR_MODE = 0o1777;

const MODE_BITS = 0o7777;

export function* mkdir(context: KernelContext, path: Path, mode: number): Sleepable<void> {
  const make: Maker = (dir, name) => makeDirectoryIn(context, dir, name, mode & MKDIR_MODE);
  yield* createAt(context, path, 'directory', make);
}

function* makeDirectoryIn(
  { caller }: KernelContext,
  dir: Inode,
  name: Uint8Array,
  mode: number,
): Sleepable<void> {
  yield* mayCreate(caller, dir);
  yield* makeDirectory(dir, name, mode, caller);
}

export function* symlink(context: KernelContext, target: string, path: Path): Sleepable<void> {
  checkPath(target);
  const bytes = encodeName(target);
  yield* createAt(context, path, 'other', (dir, name) => makeSymlinkIn(context, dir, name, bytes));
}

function* makeSymlinkIn(
  { caller }: KernelContext,
  dir: Inode,
  name: Uint8Array,
  target: Uint8Array,
): Sleepable<void> {
  yield* mayCreate(caller, dir);
  yield* createSymlink(dir, name, target, caller);
}

const FORMATS: Readonly<Record<NodeType, number>> = {
  file: S_IFREG,
  fifo: S_IFIFO,
  socket: S_IFSOCK,
  'character-device': S_IFCHR,
  'block-device': S_IFBLK,
};

const NO_DEVICE: DeviceNumber = { major: 0, minor: 0 };

/** mknod(2): do_mknodat(). The number counts for the two types of devices only. Fails with EINVAL for one too large. */
export function* mknod(
  context: KernelContext,
  path: Path,
  type: NodeType,
  mode: number,
  device: DeviceNumber = NO_DEVICE,
): Sleepable<void> {
  const format = FORMATS[type];
  if (isDevice(format) && !isDeviceNumber(device)) fail('EINVAL');
  const make: Maker = (dir, name) => makeNode(context, dir, name, format | (mode & MODE_BITS), device);
  yield* createAt(context, path, 'other', make);
}

/** vfs_mknod(), vfs_create(). A character device 0:0 is a whiteout, which everybody may make. */
function* makeNode(
  { caller }: KernelContext,
  dir: Inode,
  name: Uint8Array,
  mode: number,
  device: DeviceNumber,
): Sleepable<void> {
  yield* mayCreate(caller, dir);
  const whiteout = (mode & S_IFMT) === S_IFCHR && device.major === 0 && device.minor === 0;
  if (isDevice(mode) && !whiteout && !caller.privileged) fail('EPERM');
  const prepared = modeOfNew(caller, dir, mode);
  if (!isRegular(mode)) return yield* createNode(dir, name, prepared, device, caller);
  yield* dir.sb.inodes.put(yield* createFile(dir, name, prepared & MODE_BITS, caller));
}

/** Makes the new name in the directory, whose lock is held. */
export type Maker = (dir: Inode, name: Uint8Array) => Sleepable<void>;

/**
 * filename_create(): walks to the last component, which must be a name and free, and runs `make` under the directory's
 * lock. Only a directory may be named with a slash behind it.
 */
export function* createAt(
  context: KernelContext,
  path: Path,
  kind: 'directory' | 'other',
  make: Maker,
): Sleepable<void> {
  checkPath(path);
  const walk = new PathWalk(context);
  try {
    yield* walk.toLast(path);
    if (walk.lastType !== 'normal') fail('EEXIST');
    const { dir } = walk;
    yield* dir.lock.write();
    try {
      const name = encodeComponent(walk.last);
      yield* mustBeFree(dir, name);
      if (walk.trailingSlash && kind !== 'directory') fail('ENOENT');
      yield* context.wantWrite();
      yield* make(dir, name);
    } finally {
      dir.lock.unlockWrite();
    }
  } finally {
    yield* walk.release();
  }
}

function* mustBeFree(dir: Inode, name: Uint8Array): Sleepable<void> {
  const existing = yield* lookup(dir, name);
  if (existing === null) return;
  yield* dir.sb.inodes.put(existing);
  fail('EEXIST');
}
