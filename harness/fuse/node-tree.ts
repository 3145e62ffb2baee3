import type { Words } from './layout.ts';

/**
 * What the server asks of a file system: calls about inodes that are known by number. They throw what `errnoOf` understands.
 * Times are seconds and nanoseconds, sizes and offsets bytes.
 */

export interface Time {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export type TreeNodeType = 'file' | 'fifo' | 'socket' | 'character-device' | 'block-device';

export type TreeFileType = TreeNodeType | 'directory' | 'symlink';

export interface DeviceNumber {
  readonly major: number;
  readonly minor: number;
}

export interface TreeAttributes {
  readonly ino: number;
  readonly type: TreeFileType;
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly sectors: number;
  readonly atime: Time;
  readonly mtime: Time;
  readonly ctime: Time;
  readonly born: Time;
  readonly blockSize: number;
  readonly device?: DeviceNumber;
}

export interface TreeEntry {
  readonly node: number;
  readonly generation: number;
  readonly attributes: TreeAttributes;
}

export interface TreeOpened {
  readonly entry: TreeEntry;
  readonly handle: number;
}

/**
 * Takes an entry of a directory: its name are bytes of a block that stays what it is until this answers, `type` is DT_* of dirent(3), its
 * own position two words. Answers false because it has no room, and gets no more then.
 */
export type TakeTreeEntry = (
  block: Uint8Array,
  nameAt: number,
  nameLength: number,
  ino: number,
  type: number,
  high: number,
  low: number,
) => boolean;

export interface TreeChanges {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  readonly atime?: Time | 'now';
  readonly mtime?: Time | 'now';
  readonly losesPrivileges?: boolean;
}

export interface TreeOpenFlags {
  readonly access: 'read' | 'write' | 'read-write';
  readonly exclusive?: boolean;
  readonly truncate?: boolean;
  readonly append?: boolean;
  readonly sync?: boolean;
  readonly dsync?: boolean;
}

export interface TreeStatistics {
  readonly blockSize: number;
  readonly blocks: number;
  readonly blocksFree: number;
  readonly blocksAvailable: number;
  readonly inodes: number;
  readonly inodesFree: number;
  readonly nameLength: number;
}

export type TreeFallocateMode =
  'allocate' | 'keep-size' | 'punch' | 'zero' | 'zero-keep-size' | 'collapse' | 'insert' | 'write-zeroes';

export interface TreeTransfer {
  /** Past the page cache. */
  readonly direct: boolean;
  readonly losesPrivileges: boolean;
}

/** One end of a copy. */
export interface TreeCopyEnd {
  readonly fd: number;
  readonly offset: number;
}

/** A mounted file system. */
export interface NodeTree {
  readonly root: number;
  /** What the kernel would have written to its log at this mount: recovery, errors of an earlier mount. */
  readonly notices: readonly string[];
  /** The errno by name with which a call failed; null for what no call answers, a bug of the file system. */
  errnoOf(error: unknown): string | null;
  /** The text of a name that is made of these bytes, and back. */
  decodeName(bytes: Uint8Array): string;
  encodeName(text: string): Uint8Array;
  /** Who makes the calls that follow, and when. */
  actAs(uid: number, gid: number, umask?: number): void;
  lookup(dir: number, name: string): TreeEntry;
  entryOf(ino: number): TreeEntry;
  forget(node: number, lookups: number): void;
  getattr(node: number): TreeAttributes;
  setattr(node: number, changes: TreeChanges): TreeAttributes;
  readlink(node: number): string;
  symlink(dir: number, name: string, target: string): TreeEntry;
  mknod(dir: number, name: string, type: TreeNodeType, mode: number, device?: DeviceNumber): TreeEntry;
  mkdir(dir: number, name: string, mode: number): TreeEntry;
  unlink(dir: number, name: string): void;
  rmdir(dir: number, name: string): void;
  rename(
    dir: number,
    name: string,
    toDir: number,
    toName: string,
    flags: { readonly noreplace?: boolean; readonly exchange?: boolean; readonly whiteout?: boolean },
  ): void;
  link(node: number, dir: number, name: string): TreeEntry;
  open(node: number, flags: TreeOpenFlags): number;
  create(dir: number, name: string, flags: TreeOpenFlags, mode: number): TreeOpened;
  createUnnamed(dir: number, flags: TreeOpenFlags, mode: number): TreeOpened;
  release(handle: number): void;
  read(handle: number, target: Uint8Array, offset: number, direct: boolean): number;
  /** What is in the page cache, or comes there: pieces that are good until the next call, and not to be changed. */
  splice(handle: number, offset: number, length: number): readonly Uint8Array[];
  write(handle: number, source: Uint8Array, offset: number, transfer: TreeTransfer): number;
  fallocate(handle: number, mode: TreeFallocateMode, offset: number, length: number): void;
  seek(handle: number, offset: number, whence: 'data' | 'hole'): number;
  copy(from: TreeCopyEnd, to: TreeCopyEnd, length: number): number;
  fsync(handle: number, dataOnly: boolean): void;
  opendir(node: number): number;
  /** Entries from a position on, as long as they are taken. Answers the position reached. */
  readdir(handle: number, from: Words, take: TakeTreeEntry): Words;
  getxattr(node: number, name: string): Uint8Array;
  listxattr(node: number): string[];
  setxattr(
    node: number,
    name: string,
    value: Uint8Array,
    flags: { readonly create?: boolean; readonly replace?: boolean },
    losesSetgid: boolean,
  ): void;
  removexattr(node: number, name: string): void;
  access(node: number, wanted: number, uid: number, gid: number): void;
  /** FS_IOC_GETFLAGS and FS_IOC_SETFLAGS. */
  getFlags(handle: number): number;
  setFlags(handle: number, flags: number): void;
  getProject(handle: number): number;
  setProject(handle: number, project: number, inherit: boolean): void;
  getGeneration(handle: number): number;
  setGeneration(handle: number, generation: number): void;
  /** FITRIM; answers the bytes that the device was told of. */
  trim(start: number, length: number, minimum: number): number;
  statfs(): TreeStatistics;
  sync(): void;
  /** Lets go of all memory that holds what the disk has, too. */
  relieve(): void;
  /** Nobody asks any more. Throws when not all of it is on the disk. */
  close(): void;
}
