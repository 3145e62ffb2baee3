import type { BlockDevice } from '../../block/block-device.ts';
import type { DirectoryCookie } from '../../ext4/directory/reading/cookie.ts';
import type { DeviceNumber } from '../../ext4/inode/device-number.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { failureOfCall } from '../call-failure.ts';
import { mkdir, mknod, symlink } from '../create-calls.ts';
import { opendir, type TakeEntry } from '../directory-calls.ts';
import { FileSystem } from '../file-system.ts';
import type { KernelContext } from '../kernel-context.ts';
import { mountContext, type MountRequest } from '../mount.ts';
import { checkedCaller, Credentials } from '../permission/credentials.ts';
import { itself } from '../place.ts';
import { readlink } from '../query-calls.ts';
import { rmdir, unlink } from '../remove-calls.ts';
import { rename } from '../rename-call.ts';
import type { NodeType, OpenFlags, RenameFlags, TimeChange, XattrFlags } from '../types.ts';
import { getxattr, listxattr, removexattr, setxattr } from '../xattr-calls.ts';
import { attributesOf, type NodeAttributes, type NodeEntry } from './node-attributes.ts';
import { NodeCalls, type OpenedNode } from './node-calls.ts';
import { NodeTable } from './node-table.ts';
import { readNode, spliceNode, writeNode } from './node-transfer.ts';

/** What setattr changes. `losesPrivileges` is said with a size: whoever cuts the file may not keep its set-user-ID bits. */
export interface NodeChanges {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  readonly atime?: TimeChange;
  readonly mtime?: TimeChange;
  readonly losesPrivileges?: boolean;
}

/** Files that may be open at the same time: what Linux gives a whole machine by default is more than fits into memory here. */
const OPEN_FILES_MAX = 65_536;

/** No group that a file could belong to. */
const NO_GROUP = 0xffffffff;

/**
 * A mounted file system for a front end that knows inodes by number, keeps dentries, positions and permissions itself, and
 * asks for one component of a path at a time: FUSE, or a server of NFS. Open files are handles, which `volume` takes as
 * descriptors. Calls fail with `Failure`, as those of FileSystem.
 */
export class NodeFileSystem {
  /** What is not about one inode, or about an open one: sync, statfs, ioctls. Only through `close` does it end. */
  readonly volume: FileSystem;
  readonly #context: KernelContext;
  readonly #nodes: NodeTable;
  readonly #calls: NodeCalls;

  /** mount(2). Throws MountRefused, or Corruption when the image breaks a rule of the format. */
  constructor(disk: BlockDevice, request: MountRequest = {}) {
    const context = mountContext(disk, { openFilesMax: OPEN_FILES_MAX, ...request });
    this.#context = context;
    this.volume = new FileSystem(context);
    this.#nodes = new NodeTable(context);
    this.#calls = new NodeCalls(context, this.#nodes);
  }

  get root(): number {
    return this.#nodes.root;
  }

  /** How many nodes the front end holds, besides the root. */
  get knownNodes(): number {
    return this.#nodes.size;
  }

  /** Who makes the calls that follow; what he may do, the front end has seen to. New files lose the bits of `umask`. */
  actAs(uid: number, gid: number, umask = 0): void {
    const { caller } = this.#context;
    if (caller.uid === uid && caller.gid === gid && caller.umask === umask && caller.privileged) return;
    this.#context.caller = checkedCaller(uid, gid, umask);
  }

  lookup(dir: number, name: string): NodeEntry {
    return this.#run('lookup', () => this.#calls.lookup(dir, name));
  }

  /** What the entry of a directory leads to that was just read; counts as a look-up. */
  entryOf(ino: number): NodeEntry {
    return this.#run('lookup', () => this.#calls.entryOf(ino));
  }

  forget(node: number, lookups: number): void {
    this.#run('forget', () => this.#nodes.forget(node, lookups));
  }

  getattr(node: number): NodeAttributes {
    return attributesOf(this.#nodes.get(node));
  }

  setattr(node: number, { losesPrivileges = false, ...changes }: NodeChanges): NodeAttributes {
    const { uid, gid } = this.#context.caller;
    const cutBy = losesPrivileges ? { cutBy: unprivileged(uid, gid) } : {};
    return this.#run('setattr', () => this.#calls.setAttributes(node, { ...changes, ...cutBy }));
  }

  readlink(node: number): string {
    const place = itself(this.#nodes.get(node));
    return this.#run('readlink', () => readlink(this.#context, place));
  }

  symlink(dir: number, name: string, target: string): NodeEntry {
    const place = this.#calls.place(dir, name);
    const make = (): Sleepable<void> => symlink(this.#context, target, place);
    return this.#run('symlink', () => this.#calls.making(place, make));
  }

  mknod(dir: number, name: string, type: NodeType, mode: number, device?: DeviceNumber): NodeEntry {
    const place = this.#calls.place(dir, name);
    const make = (): Sleepable<void> => mknod(this.#context, place, type, mode, device);
    return this.#run('mknod', () => this.#calls.making(place, make));
  }

  mkdir(dir: number, name: string, mode: number): NodeEntry {
    const place = this.#calls.place(dir, name);
    const make = (): Sleepable<void> => mkdir(this.#context, place, mode);
    return this.#run('mkdir', () => this.#calls.making(place, make));
  }

  unlink(dir: number, name: string): void {
    const place = this.#calls.place(dir, name);
    this.#run('unlink', () => unlink(this.#context, place));
  }

  rmdir(dir: number, name: string): void {
    const place = this.#calls.place(dir, name);
    this.#run('rmdir', () => rmdir(this.#context, place));
  }

  rename(dir: number, name: string, toDir: number, toName: string, flags: RenameFlags): void {
    const from = this.#calls.place(dir, name);
    const to = this.#calls.place(toDir, toName);
    this.#run('rename', () => rename(this.#context, from, to, flags));
  }

  link(node: number, dir: number, name: string): NodeEntry {
    return this.#run('link', () => this.#calls.link(node, dir, name));
  }

  /** open(2) of what exists. Answers a handle, for `volume` and `close`. O_APPEND and O_DIRECT are said with each transfer. */
  open(node: number, flags: OpenFlags): number {
    return this.#run('open', () => this.#calls.open(node, flags));
  }

  create(dir: number, name: string, flags: OpenFlags, mode: number): OpenedNode {
    return this.#run('open', () => this.#calls.create(dir, name, { ...flags, create: true }, mode));
  }

  /** O_TMPFILE */
  createUnnamed(dir: number, flags: OpenFlags, mode: number): OpenedNode {
    return this.#run('open', () => this.#calls.create(dir, '', { ...flags, tmpfile: true }, mode));
  }

  /** The bytes from an offset on; with `direct` past the page cache. */
  read(handle: number, target: Uint8Array, offset: number, direct: boolean): number {
    return this.#run('pread', () => readNode(this.#context, handle, target, offset, direct));
  }

  /** Up to `length` bytes through the cache, in pieces that are good until the next call, and not to be changed. */
  splice(handle: number, offset: number, length: number): readonly Uint8Array[] {
    return this.#run('splice', () => spliceNode(this.#context, handle, length, offset));
  }

  /** Answers how many bytes were written. `losesPrivileges` as in NodeChanges. */
  write(
    handle: number,
    source: Uint8Array,
    offset: number,
    { direct, losesPrivileges }: { readonly direct: boolean; readonly losesPrivileges: boolean },
  ): number {
    const { caller } = this.#context;
    if (losesPrivileges) this.#context.caller = unprivileged(caller.uid, caller.gid);
    return this.#run('pwrite', () => writeNode(this.#context, handle, source, offset, direct));
  }

  opendir(node: number): number {
    const place = itself(this.#nodes.get(node));
    return this.#run('open', () => opendir(this.#context, place, 64));
  }

  /** Entries from a position of one on, or from the start, which is zero, as long as `take` takes them. Answers the position reached. */
  readdir(handle: number, from: DirectoryCookie, take: TakeEntry): DirectoryCookie {
    return this.#run('getdents64', () => this.#calls.readDirectory(handle, from, take));
  }

  getxattr(node: number, name: string): Uint8Array {
    const place = itself(this.#nodes.get(node));
    return this.#run('getxattr', () => getxattr(this.#context, place, name, false));
  }

  listxattr(node: number): string[] {
    const place = itself(this.#nodes.get(node));
    return this.#run('listxattr', () => listxattr(this.#context, place, false));
  }

  /** `losesSetgid`: whoever sets an ACL is not in the file's group, which therefore loses the set-group-ID bit. */
  setxattr(node: number, name: string, value: Uint8Array, flags: XattrFlags, losesSetgid = false): void {
    const inode = this.#nodes.get(node);
    if (losesSetgid) this.#context.caller = unprivileged(inode.uid, NO_GROUP);
    this.#run('setxattr', () => setxattr(this.#context, itself(inode), name, value, flags));
  }

  removexattr(node: number, name: string): void {
    const place = itself(this.#nodes.get(node));
    this.#run('removexattr', () => removexattr(this.#context, place, name, false));
  }

  /** access(2) of somebody of whom nothing is known but this. `wanted`: 4 to read, 2 to write, 1 to search. Fails with EACCES. */
  access(node: number, wanted: number, uid: number, gid: number): void {
    this.#context.caller = unprivileged(uid, gid);
    this.#run('access', () => this.#calls.access(node, wanted));
  }

  /** The front end is gone: its nodes and handles with it, then the file system is unmounted. Fails as unmount of FileSystem. */
  close(): void {
    this.actAs(0, 0);
    this.volume.closeAll();
    this.#run('forget', () => this.#nodes.forgetAll());
    this.volume.unmount();
  }

  #run<T>(name: string, call: () => Sleepable<T>): T {
    const { sb } = this.#context;
    try {
      return sb.scheduler.call(name, call);
    } catch (error) {
      throw failureOfCall(sb, error);
    }
  }
}

const unprivileged = (uid: number, gid: number): Credentials => new Credentials(uid, gid, []);
