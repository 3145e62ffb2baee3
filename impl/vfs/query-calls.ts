import type { DirectoryEntry } from '../ext4/directory/block.ts';
import { listEntries } from '../ext4/directory/directory.ts';
import { decodeName } from '../ext4/directory/file-name.ts';
import { storedType } from '../ext4/directory/stored-type.ts';
import { deviceNumberOf } from '../ext4/inode/device-number.ts';
import { isDevice, isDirectory, isRegular, isSymlink, S_IFMT, type Inode } from '../ext4/inode/inode.ts';
import { isInline } from '../ext4/inline/inline-data.ts';
import { readSymlink } from '../ext4/namespace/symlink.ts';
import { fail } from '../lib/errno.ts';
import { ready, type Sleepable } from '../sched/sleepable.ts';
import { touchAccessTime } from './access-time.ts';
import type { KernelContext } from './kernel-context.ts';
import { resolve } from './path-walk.ts';
import { checkPermission, MAY_READ } from './permission/permission.ts';
import type { Path } from './place.ts';
import type { DirectoryListing, FileType, Stat } from './types.ts';

/** System calls that only look: stat, lstat, fstat, readlink, and reading a whole directory. */

/** By the four bits of S_IFMT. */
const TYPES_BY_MODE: Readonly<Record<number, FileType>> = {
  1: 'fifo',
  2: 'character-device',
  4: 'directory',
  6: 'block-device',
  8: 'file',
  10: 'symlink',
  12: 'socket',
};

/** By EXT4_FT_*. */
const TYPES_BY_ENTRY: readonly (FileType | null)[] = [
  null,
  'file',
  'directory',
  'character-device',
  'block-device',
  'fifo',
  'socket',
  'symlink',
];

const typeOf = (mode: number): FileType => TYPES_BY_MODE[(mode & S_IFMT) >> 12] ?? fail('EUCLEAN');

/** stat(2), or lstat(2) when `follow` is false. */
export function* stat(context: KernelContext, path: Path, follow: boolean): Sleepable<Stat> {
  const inode = yield* resolve(context, path, follow);
  try {
    return attributes(inode);
  } finally {
    yield* context.sb.inodes.put(inode);
  }
}

export function fstat(context: KernelContext, fd: number): Stat {
  return attributes(context.files.get(fd).inode);
}

/** ext4_file_getattr(): blocks that delayed allocation has promised count as used. */
export function attributes(inode: Inode): Stat {
  const { ino, mode, links, uid, gid, size, atime, mtime, ctime } = inode;
  // A file in its inode shows a block, so that nobody takes it for a hole.
  const inline = isInline(inode) && isRegular(mode) ? Math.ceil(size / 512) : 0;
  const sectors = inode.sectors + inode.reservedBlocks * inode.clusterSectors + inline;
  const stat: Stat = {
    ino,
    type: typeOf(mode),
    mode: mode & 0o7777,
    links,
    uid,
    gid,
    size,
    sectors,
    atime,
    mtime,
    ctime,
  };
  return isDevice(mode) ? { device: deviceNumberOf(inode), ...stat } : stat;
}

export function* readlink(context: KernelContext, path: Path): Sleepable<string> {
  const inode = yield* resolve(context, path, false);
  try {
    if (!isSymlink(inode.mode)) fail('EINVAL');
    yield* touchAccessTime(inode);
    return decodeName(yield* readSymlink(inode));
  } finally {
    yield* context.sb.inodes.put(inode);
  }
}

/** open(2) with O_DIRECTORY, getdents(2) to the end, close(2). Without `.` and `..`, in the order of the disk. */
export function* readdir(context: KernelContext, path: Path): Sleepable<DirectoryListing[]> {
  const dir = yield* resolve(context, path, true);
  try {
    if (!isDirectory(dir.mode)) fail('ENOTDIR');
    yield* checkPermission(context.caller, dir, MAY_READ);
    yield* dir.lock.read();
    try {
      const listing = yield* list(dir);
      yield* touchAccessTime(dir);
      return listing;
    } finally {
      dir.lock.unlockRead();
    }
  } finally {
    yield* context.sb.inodes.put(dir);
  }
}

function* list(dir: Inode): Sleepable<DirectoryListing[]> {
  const listing: DirectoryListing[] = [];
  for (const entry of yield* listEntries(dir)) {
    if (!isDots(entry.name)) listing.push(yield* listingOf(dir, entry));
  }
  return listing;
}

const DOT = 0x2e;

/** Is it the name `.` or `..`? */
const isDots = (name: Uint8Array): boolean =>
  name[0] === DOT && (name.length === 1 || (name.length === 2 && name[1] === DOT));

/** What readdir tells of an entry. */
function* listingOf(dir: Inode, entry: DirectoryEntry): Sleepable<DirectoryListing> {
  const type = yield* typeOfEntry(dir, entry);
  return { name: decodeName(entry.name), ino: entry.ino, type };
}

/** The type that an entry leads to, mostly by its own word. */
export function typeOfEntry(dir: Inode, { ino, fileType }: DirectoryEntry): Sleepable<FileType> {
  const known = TYPES_BY_ENTRY[storedType(dir, fileType)] ?? null;
  return known === null ? typeFromInode(dir, ino) : ready(known);
}

/** An entry that does not say what it is, or what nobody knows: the kernel answers DT_UNKNOWN, and a caller asks the inode. */
function* typeFromInode(dir: Inode, ino: number): Sleepable<FileType> {
  const inode = yield* dir.sb.inodes.get(ino);
  try {
    return typeOf(inode.mode);
  } finally {
    yield* dir.sb.inodes.put(inode);
  }
}

/** The name of the address_space_operations of what a path leads to. */
export function* tableOf(context: KernelContext, path: string): Sleepable<string> {
  const inode = yield* resolve(context, path, true);
  const { name } = inode.dataPath;
  yield* context.sb.inodes.put(inode);
  return name;
}
