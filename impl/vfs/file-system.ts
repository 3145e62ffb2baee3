import type { DirectoryCookie } from '../ext4/directory/reading/cookie.ts';
import type { FallocateMode } from '../ext4/fallocate/fallocate.ts';
import { statfs, type FileSystemStatistics } from '../ext4/super/statfs.ts';
import type { SuperBlock } from '../ext4/super/super-block.ts';
import type { FiemapExtent, FiemapFlags } from '../ext4/data/fiemap.ts';
import { checkInvariants } from '../ext4/inspection/invariants.ts';
import type { DeviceNumber } from '../ext4/inode/device-number.ts';
import type { Timestamp } from '../ext4/inode/timestamp.ts';
import { assert } from '../lib/assert.ts';
import type { Finding } from '../lib/corruption.ts';
import { fail } from '../lib/errno.ts';
import type { NamedCall } from '../sched/scheduler.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { truncateTime } from './attribute-calls.ts';
import { failureOfCall } from './call-failure.ts';
import { seekdir, telldir } from './directory-calls.ts';
import { getFlags, getGeneration, getProject } from './flag-calls.ts';
import { KernelContext } from './kernel-context.ts';
import type { BlockExchange } from './move-extent-call.ts';
import { reconfigure, type ReconfigureOptions } from './mount-state-calls.ts';
import { Credentials } from './permission/credentials.ts';
import { fstat, tableOf } from './query-calls.ts';
import { seek } from './read-write-calls.ts';
import { stopSwapping } from './swap-calls.ts';
import { SystemCalls } from './system-calls.ts';
import { unmount } from './unmount.ts';
import type {
  Advice,
  CopyEnd,
  DirectoryListing,
  DirectoryStep,
  MappingAccess,
  NodeType,
  OpenFlags,
  RenameFlags,
  Stat,
  SyncWait,
  TimeChange,
  TransferOptions,
  Whence,
  XattrFlags,
} from './types.ts';

const NEW_FILE_MODE = 0o666;
const NEW_DIRECTORY_MODE = 0o777;

/**
 * A mounted file system, as a process without umask sees it: root, unless `setCredentials` made it somebody else. A call
 * returns when it is done; it fails with `Failure` and the kernel's errno. What is wrong on the disk is EUCLEAN or EBADMSG, with
 * `corruption` as the reason.
 */
export class FileSystem {
  readonly sb: SuperBlock;
  /** Calls not yet run, for `concurrently`. */
  readonly calls: SystemCalls;
  readonly #context: KernelContext;
  #mounted = true;

  /** `context` is that of a file system just mounted: see mount.ts. */
  constructor(context: KernelContext) {
    this.sb = context.sb;
    this.#context = context;
    this.calls = new SystemCalls(context);
  }

  /** What was last found wrong on the disk. */
  get corruption(): Finding | null {
    return this.sb.health.finding;
  }

  /** What the kernel would have written to its log at this mount: recovery, errors of an earlier mount. */
  get notices(): readonly string[] {
    return this.sb.health.notices;
  }

  /** The clock that calls read. What an inode cannot keep of a time is cut off. */
  get now(): Timestamp {
    return this.sb.now;
  }

  set now(time: Timestamp) {
    this.sb.now = truncateTime(this.sb, time);
  }

  /** open(2). `mode` counts when the file is made. Answers the lowest free descriptor. */
  open(path: string, flags: OpenFlags, mode = NEW_FILE_MODE): number {
    return this.#run('open', () => this.calls.open(path, flags, mode));
  }

  close(fd: number): void {
    this.#run('close', () => this.calls.close(fd));
  }

  /** It is thawed, and nothing is swapped to: the last close of a file waits for nothing then. */
  goOn(): void {
    if (this.sb.freezer.frozen) this.#run('thaw', () => this.sb.freezer.thaw());
    this.#run('swapoff', () => stopSwapping(this.#context));
  }

  /** What the end of a process does: every descriptor is closed, every mapping gone. */
  closeAll(): void {
    for (const id of this.#context.mappings) this.munmap(id);
    for (const fd of this.#context.files.descriptors()) this.close(fd);
  }

  /**
   * mmap(2) of `length` bytes of an open file from byte `offset` on, a multiple of 4096; answers a number that stands for
   * the address. The mapping keeps the file open.
   */
  mmap(fd: number, offset: number, length: number, access: MappingAccess): number {
    return this.#run('mmap', () => this.calls.mmap(fd, offset, length, access));
  }

  munmap(mapping: number): void {
    this.#run('munmap', () => this.calls.munmap(mapping));
  }

  /**
   * Loads from a mapping; answers the bytes before the first that is SIGBUS. Fails with EFAULT when that is the first one,
   * as system calls do that are handed such memory.
   */
  load(mapping: number, offset: number, target: Uint8Array): number {
    return this.#run('load', () => this.calls.load(mapping, offset, target));
  }

  /** Stores to a mapping; answers and fails as load. */
  store(mapping: number, offset: number, source: Uint8Array): number {
    return this.#run('store', () => this.calls.store(mapping, offset, source));
  }

  msync(mapping: number, offset: number, length: number, mode: 'sync' | 'async'): void {
    this.#run('msync', () => this.calls.msync(mapping, offset, length, mode));
  }

  /** Fills `target` from the descriptor's position; answers how many bytes there were. */
  read(fd: number, target: Uint8Array, options?: TransferOptions): number {
    return this.#run('read', () => this.calls.read(fd, target, options));
  }

  pread(fd: number, target: Uint8Array, offset: number, options?: TransferOptions): number {
    return this.#run('pread', () => this.calls.pread(fd, target, offset, options));
  }

  /** Answers how many bytes were written: fewer than given when space ran out on the way. */
  write(fd: number, source: Uint8Array, options?: TransferOptions): number {
    return this.#run('write', () => this.calls.write(fd, source, options));
  }

  pwrite(fd: number, source: Uint8Array, offset: number, options?: TransferOptions): number {
    return this.#run('pwrite', () => this.calls.pwrite(fd, source, offset, options));
  }

  /** copy_file_range(2). An end without an offset is at its descriptor's position, and moves it. */
  copyFileRange(from: CopyEnd, to: CopyEnd, length: number): number {
    return this.#run('copy_file_range', () => this.calls.copyFileRange(from, to, length));
  }

  /** sendfile(2) to a file, at its position. */
  sendfile(to: number, from: CopyEnd, length: number): number {
    return this.#run('sendfile', () => this.calls.sendfile(to, from, length));
  }

  readahead(fd: number, offset: number, length: number): void {
    this.#run('readahead', () => this.calls.readahead(fd, offset, length));
  }

  /** posix_fadvise(2). A length of 0 means up to the end. */
  fadvise(fd: number, offset: number, length: number, advice: Advice): void {
    this.#run('fadvise', () => this.calls.fadvise(fd, offset, length, advice));
  }

  /** sync_file_range(2). A length of 0 means up to the end. Makes no metadata durable. */
  syncFileRange(fd: number, offset: number, length: number, wait: SyncWait, write: boolean): void {
    this.#run('sync_file_range', () => this.calls.syncFileRange(fd, offset, length, wait, write));
  }

  /** syncfs(2): fails once for each descriptor with the error of any write that was lost since it was opened. */
  syncfs(fd: number): void {
    this.#run('syncfs', () => this.calls.syncfs(fd));
  }

  seek(fd: number, offset: number, whence: Whence): number {
    if (whence === 'data' || whence === 'hole') {
      return this.#run('lseek', () => this.calls.seekContents(fd, offset, whence));
    }
    this.#assertMounted();
    return seek(this.#context, fd, offset, whence);
  }

  truncate(path: string, size: number): void {
    this.#run('truncate', () => this.calls.truncate(path, size));
  }

  ftruncate(fd: number, size: number): void {
    this.#run('ftruncate', () => this.calls.ftruncate(fd, size));
  }

  /** fallocate(2), bytes. `write-zeroes` is for devices that write zeros faster than bytes (BlockDevice.writesZeroes). */
  fallocate(fd: number, mode: FallocateMode, offset: number, length: number): void {
    this.#run('fallocate', () => this.calls.fallocate(fd, mode, offset, length));
  }

  /**
   * ioctl(EXT4_IOC_MOVE_EXT), in blocks: the file takes the places of the donor's blocks and keeps its contents, the donor's become
   * unwritten. Answers how many blocks were moved; Linux 6.18 says when it fails after some, too.
   */
  moveExtent(fd: number, donor: number, blocks: BlockExchange): number {
    return this.#run('move_extent', () => this.calls.moveExtent(fd, donor, blocks));
  }

  fsync(fd: number): void {
    this.#run('fsync', () => this.calls.fsync(fd));
  }

  fdatasync(fd: number): void {
    this.#run('fdatasync', () => this.calls.fdatasync(fd));
  }

  sync(): void {
    this.#run('sync', () => this.calls.sync());
  }

  mkdir(path: string, mode = NEW_DIRECTORY_MODE): void {
    this.#run('mkdir', () => this.calls.mkdir(path, mode));
  }

  rmdir(path: string): void {
    this.#run('rmdir', () => this.calls.rmdir(path));
  }

  unlink(path: string): void {
    this.#run('unlink', () => this.calls.unlink(path));
  }

  /** Makes a device, pipe, socket or regular file. The number counts for devices only. */
  mknod(path: string, type: NodeType, mode = NEW_FILE_MODE, device?: DeviceNumber): void {
    this.#run('mknod', () => this.calls.mknod(path, type, mode, device));
  }

  rename(from: string, to: string, flags: RenameFlags = {}): void {
    this.#run('rename', () => this.calls.rename(from, to, flags));
  }

  link(from: string, to: string): void {
    this.#run('link', () => this.calls.link(from, to));
  }

  /** linkat(2) with AT_EMPTY_PATH: a name for an open file. */
  linkHandle(fd: number, to: string): void {
    this.#run('linkat', () => this.calls.linkHandle(fd, to));
  }

  symlink(target: string, path: string): void {
    this.#run('symlink', () => this.calls.symlink(target, path));
  }

  readlink(path: string): string {
    return this.#run('readlink', () => this.calls.readlink(path));
  }

  stat(path: string): Stat {
    return this.#run('stat', () => this.calls.stat(path));
  }

  lstat(path: string): Stat {
    return this.#run('lstat', () => this.calls.lstat(path));
  }

  fstat(fd: number): Stat {
    this.#assertMounted();
    return fstat(this.#context, fd);
  }

  /** Every name but `.` and `..`, in the order of the disk. */
  readdir(path: string): DirectoryListing[] {
    return this.#run('readdir', () => this.calls.readdir(path));
  }

  /**
   * opendir(3): a descriptor for getdents, to be closed with close. `bits` is the width of its positions: 64, or 32 as for
   * a process of 32 bits.
   */
  opendir(path: string, bits: 32 | 64 = 64): number {
    return this.#run('open', () => this.calls.opendir(path, bits));
  }

  /**
   * The next entries of an open directory, `.` and `..` too, at most `count`; none at the end (getdents64(2)). Names that
   * are there all the while come exactly once, whatever is added and removed between the calls.
   */
  getdents(fd: number, count: number): DirectoryStep[] {
    return this.#run('getdents64', () => this.calls.getdents(fd, count));
  }

  /** telldir(3) */
  telldir(fd: number): DirectoryCookie {
    this.#assertMounted();
    return telldir(this.#context, fd);
  }

  /** seekdir(3), to a position that telldir or getdents gave; to `{ high: 0, low: 0 }` as rewinddir(3). */
  seekdir(fd: number, position: DirectoryCookie): void {
    this.#assertMounted();
    seekdir(this.#context, fd, position);
  }

  /** FS_IOC_FIEMAP of a file or directory, in bytes, also beyond its end. */
  fiemap(fd: number, offset = 0, length = Infinity, flags: FiemapFlags = {}): readonly FiemapExtent[] {
    return this.#run('fiemap', () => this.calls.fiemap(fd, offset, length, flags));
  }

  /** FIBMAP: the device's block with a block of the file, or 0. */
  bmap(fd: number, block: number): number {
    return this.#run('bmap', () => this.calls.bmap(fd, block));
  }

  chmod(path: string, mode: number): void {
    this.#run('chmod', () => this.calls.chmod(path, mode));
  }

  /** -1 leaves the owner, or the group, as it is. */
  chown(
    path: string,
    uid: number,
    gid: number,
    { nofollow = false }: { readonly nofollow?: boolean } = {},
  ): void {
    this.#run('chown', () => this.calls.chown(path, uid, gid, !nofollow));
  }

  utimens(
    path: string,
    atime: TimeChange,
    mtime: TimeChange,
    { nofollow = false }: { readonly nofollow?: boolean } = {},
  ): void {
    this.#run('utimens', () => this.calls.utimens(path, atime, mtime, !nofollow));
  }

  setxattr(path: string, name: string, value: Uint8Array, flags: XattrFlags = {}): void {
    this.#run('setxattr', () => this.calls.setxattr(path, name, value, flags));
  }

  /** The value, a copy. Fails with ENODATA. */
  getxattr(path: string, name: string, { nofollow = false }: XattrFlags = {}): Uint8Array {
    return this.#run('getxattr', () => this.calls.getxattr(path, name, !nofollow));
  }

  listxattr(path: string, { nofollow = false }: XattrFlags = {}): string[] {
    return this.#run('listxattr', () => this.calls.listxattr(path, !nofollow));
  }

  removexattr(path: string, name: string, { nofollow = false }: XattrFlags = {}): void {
    this.#run('removexattr', () => this.calls.removexattr(path, name, !nofollow));
  }

  /** FS_IOC_GETFLAGS: bits named FS_*_FL. */
  getFlags(fd: number): number {
    this.#assertMounted();
    return getFlags(this.#context, fd);
  }

  /** FS_IOC_SETFLAGS */
  setFlags(fd: number, flags: number): void {
    this.#run('ioctl', () => this.calls.setFlags(fd, flags));
  }

  /** The project that FS_IOC_FSGETXATTR answers: 0 where there are none. */
  getProject(fd: number): number {
    this.#assertMounted();
    return getProject(this.#context, fd);
  }

  /** FS_IOC_FSSETXATTR with another project; `inherit` sets or clears FS_XFLAG_PROJINHERIT, null leaves it. */
  setProject(fd: number, project: number, inherit: boolean | null = null): void {
    this.#run('ioctl', () => this.calls.setProject(fd, project, inherit));
  }

  /** FS_IOC_GETVERSION */
  getGeneration(fd: number): number {
    this.#assertMounted();
    return getGeneration(this.#context, fd);
  }

  /** FS_IOC_SETVERSION */
  setGeneration(fd: number, generation: number): void {
    this.#run('ioctl', () => this.calls.setGeneration(fd, generation));
  }

  /** The caller of everything that follows: user 0 has all capabilities, any other user none. */
  setCredentials(uid: number, gid: number, groups: readonly number[] = []): void {
    this.#context.caller = new Credentials(uid, gid, groups);
  }

  statfs(): FileSystemStatistics {
    this.#assertMounted();
    return statfs(this.sb);
  }

  /**
   * ioctl(FITRIM): the device may forget what lies in free runs of at least `minimumBytes` in the range; answers how many
   * bytes it was told of. Fails with EINVAL, EPERM, EOPNOTSUPP.
   */
  trim(startBytes = 0, lengthBytes = Infinity, minimumBytes = 0): number {
    const range = { start: startBytes, length: lengthBytes, minimum: minimumBytes };
    return this.#run('fitrim', () => this.calls.trim(range));
  }

  dropCaches(what: 'pages' | 'inodes' | 'both' = 'both'): void {
    this.#run('drop_caches', () => this.calls.dropCaches(what));
  }

  /** The clean pages of bytes [offset, offset + length) of the file leave memory, mapped or not. */
  reclaim(path: string, offset: number, length: number): void {
    this.#run('reclaim', () => this.calls.reclaim(path, offset, length));
  }

  /** The dirty pages of the range are sent to the device; their writes may still be under way when this returns. */
  writeback(path: string, offset: number, length: number): void {
    this.#run('writeback', () => this.calls.writeback(path, offset, length));
  }

  /** swapon(2): nobody else may change the file until swapoff(2). */
  swapon(path: string): void {
    this.#run('swapon', () => this.calls.swapon(path));
  }

  swapoff(path: string): void {
    this.#run('swapoff', () => this.calls.swapoff(path));
  }

  /** ioctl(FIFREEZE): until `thaw`, whoever wants to change something waits, which alone nobody may. */
  freeze(): void {
    this.#run('freeze', () => this.calls.freeze());
  }

  thaw(): void {
    this.#run('thaw', () => this.calls.thaw());
  }

  /** mount -o remount with other options. Inodes in memory keep the tables that they have. */
  reconfigure(changes: ReconfigureOptions): void {
    this.#run('reconfigure', () => reconfigure(this.#context, changes));
  }

  /** The name of the address_space_operations that an inode uses. */
  table(path: string): string {
    return this.#run('table', () => tableOf(this.#context, path));
  }

  /**
   * Asserts what must hold in memory between two calls (ext4/inspection/invariants.ts). It looks at every inode in memory.
   * Throws AssertionError.
   */
  checkInvariants(): void {
    this.#run('check invariants', () => checkInvariants(this.sb));
  }

  /** Several calls at once, interleaved as the scheduler's strategy says. Each handles the failures of its calls. */
  concurrently(calls: readonly NamedCall[]): void {
    this.#assertMounted();
    try {
      this.sb.scheduler.callAll(calls);
    } catch (error) {
      throw failureOfCall(this.sb, error);
    }
  }

  /**
   * umount(2). Fails with EBUSY while a file is open, mapped or swapped to, or all is frozen, else the file system is gone and the object of no use; EIO and
   * EUCLEAN, EBADMSG say that not all of it is on the disk.
   */
  unmount(): void {
    const { files, mappings, swapFiles } = this.#context;
    if (files.openFiles > 0 || swapFiles.size > 0 || mappings.length > 0 || this.sb.freezer.frozen)
      fail('EBUSY');
    try {
      this.#run('umount', () => unmount(this.#context));
    } finally {
      this.#mounted = false;
    }
  }

  #run<T>(name: string, call: () => Sleepable<T>): T {
    this.#assertMounted();
    try {
      return this.sb.scheduler.call(name, call);
    } catch (error) {
      throw failureOfCall(this.sb, error);
    }
  }

  #assertMounted(): void {
    assert(this.#mounted, 'the file system is not mounted any more');
  }
}
