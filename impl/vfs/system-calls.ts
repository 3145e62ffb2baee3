import { syncFileSystem, dropCaches } from '../ext4/data/sync.ts';
import type { FiemapExtent, FiemapFlags } from '../ext4/data/fiemap.ts';
import type { TrimRange } from '../ext4/allocation/trim.ts';
import { memoryPicture, type MemoryPicture } from '../ext4/inspection/picture.ts';
import { rangeState } from '../ext4/inspection/range-state.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { chmod, chown, utimens } from './attribute-calls.ts';
import { getdents, opendir } from './directory-calls.ts';
import type { DeviceNumber } from '../ext4/inode/device-number.ts';
import { reclaim, writeback } from './cache-calls.ts';
import { mkdir, mknod, symlink } from './create-calls.ts';
import { fallocate } from './fallocate-call.ts';
import type { FallocateMode } from '../ext4/fallocate/fallocate.ts';
import { setFlags, setGeneration, setProject } from './flag-calls.ts';
import type { KernelContext } from './kernel-context.ts';
import { link, linkHandle } from './link-calls.ts';
import { close, open } from './open-call.ts';
import { readdir, readlink, stat } from './query-calls.ts';
import { fadvise, readahead } from './advise-calls.ts';
import { copyFileRange, sendfile } from './copy-calls.ts';
import { load, mmap, msync, munmap, store } from './memory-calls.ts';
import { moveExtent, type BlockExchange } from './move-extent-call.ts';
import { freeze, thaw } from './mount-state-calls.ts';
import { pread, pwrite, read, write } from './read-write-calls.ts';
import { bmap, fiemap, seekContents } from './report-calls.ts';
import { fsync, syncFileRange, syncfs } from './sync-calls.ts';
import { rmdir, unlink } from './remove-calls.ts';
import { rename } from './rename-call.ts';
import { swapoff, swapon } from './swap-calls.ts';
import { trim } from './trim-call.ts';
import { ftruncate, truncate } from './truncate-calls.ts';
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
  XattrFlags,
} from './types.ts';
import { getxattr, listxattr, removexattr, setxattr } from './xattr-calls.ts';

/**
 * Every system call that may sleep, not yet run: for a scheduler that interleaves several. FileSystem runs them one by
 * one.
 */
export class SystemCalls {
  readonly #context: KernelContext;

  constructor(context: KernelContext) {
    this.#context = context;
  }

  open(path: string, flags: OpenFlags, mode: number): Sleepable<number> {
    return open(this.#context, path, flags, mode);
  }

  close(fd: number): Sleepable<void> {
    return close(this.#context, fd);
  }

  read(fd: number, target: Uint8Array, options?: TransferOptions): Sleepable<number> {
    return read(this.#context, fd, target, options);
  }

  pread(fd: number, target: Uint8Array, offset: number, options?: TransferOptions): Sleepable<number> {
    return pread(this.#context, fd, target, offset, options);
  }

  write(fd: number, source: Uint8Array, options?: TransferOptions): Sleepable<number> {
    return write(this.#context, fd, source, options);
  }

  pwrite(fd: number, source: Uint8Array, offset: number, options?: TransferOptions): Sleepable<number> {
    return pwrite(this.#context, fd, source, offset, options);
  }

  copyFileRange(from: CopyEnd, to: CopyEnd, length: number): Sleepable<number> {
    return copyFileRange(this.#context, from, to, length);
  }

  sendfile(to: number, from: CopyEnd, length: number): Sleepable<number> {
    return sendfile(this.#context, to, from, length);
  }

  readahead(fd: number, offset: number, length: number): Sleepable<void> {
    return readahead(this.#context, fd, offset, length);
  }

  fadvise(fd: number, offset: number, length: number, advice: Advice): Sleepable<void> {
    return fadvise(this.#context, fd, offset, length, advice);
  }

  syncFileRange(fd: number, offset: number, length: number, wait: SyncWait, write: boolean): Sleepable<void> {
    return syncFileRange(this.#context, fd, offset, length, wait, write);
  }

  syncfs(fd: number): Sleepable<void> {
    return syncfs(this.#context, fd);
  }

  truncate(path: string, size: number): Sleepable<void> {
    return truncate(this.#context, path, size);
  }

  ftruncate(fd: number, size: number): Sleepable<void> {
    return ftruncate(this.#context, fd, size);
  }

  fallocate(fd: number, mode: FallocateMode, offset: number, length: number): Sleepable<void> {
    return fallocate(this.#context, fd, mode, offset, length);
  }

  moveExtent(fd: number, donor: number, blocks: BlockExchange): Sleepable<number> {
    return moveExtent(this.#context, fd, donor, blocks);
  }

  fsync(fd: number): Sleepable<void> {
    return fsync(this.#context, fd, false);
  }

  fdatasync(fd: number): Sleepable<void> {
    return fsync(this.#context, fd, true);
  }

  sync(): Sleepable<void> {
    return syncFileSystem(this.#context.sb);
  }

  seekContents(fd: number, offset: number, whence: 'data' | 'hole'): Sleepable<number> {
    return seekContents(this.#context, fd, offset, whence);
  }

  fiemap(fd: number, offset: number, length: number, flags: FiemapFlags): Sleepable<readonly FiemapExtent[]> {
    return fiemap(this.#context, fd, offset, length, flags);
  }

  bmap(fd: number, block: number): Sleepable<number> {
    return bmap(this.#context, fd, block);
  }

  mkdir(path: string, mode: number): Sleepable<void> {
    return mkdir(this.#context, path, mode);
  }

  rmdir(path: string): Sleepable<void> {
    return rmdir(this.#context, path);
  }

  unlink(path: string): Sleepable<void> {
    return unlink(this.#context, path);
  }

  mknod(path: string, type: NodeType, mode: number, device?: DeviceNumber): Sleepable<void> {
    return mknod(this.#context, path, type, mode, device);
  }

  rename(from: string, to: string, flags: RenameFlags = {}): Sleepable<void> {
    return rename(this.#context, from, to, flags);
  }

  link(from: string, to: string): Sleepable<void> {
    return link(this.#context, from, to);
  }

  linkHandle(fd: number, to: string): Sleepable<void> {
    return linkHandle(this.#context, fd, to);
  }

  symlink(target: string, path: string): Sleepable<void> {
    return symlink(this.#context, target, path);
  }

  readlink(path: string): Sleepable<string> {
    return readlink(this.#context, path);
  }

  stat(path: string): Sleepable<Stat> {
    return stat(this.#context, path, true);
  }

  lstat(path: string): Sleepable<Stat> {
    return stat(this.#context, path, false);
  }

  readdir(path: string): Sleepable<DirectoryListing[]> {
    return readdir(this.#context, path);
  }

  opendir(path: string, bits: 32 | 64): Sleepable<number> {
    return opendir(this.#context, path, bits);
  }

  getdents(fd: number, count: number): Sleepable<DirectoryStep[]> {
    return getdents(this.#context, fd, count);
  }

  chmod(path: string, mode: number): Sleepable<void> {
    return chmod(this.#context, path, mode);
  }

  chown(path: string, uid: number, gid: number, follow: boolean): Sleepable<void> {
    return chown(this.#context, path, uid, gid, follow);
  }

  utimens(path: string, atime: TimeChange, mtime: TimeChange, follow: boolean): Sleepable<void> {
    return utimens(this.#context, path, atime, mtime, follow);
  }

  setFlags(fd: number, flags: number): Sleepable<void> {
    return setFlags(this.#context, fd, flags);
  }

  setProject(fd: number, project: number, inherit: boolean | null): Sleepable<void> {
    return setProject(this.#context, fd, project, inherit);
  }

  setGeneration(fd: number, generation: number): Sleepable<void> {
    return setGeneration(this.#context, fd, generation);
  }

  setxattr(path: string, name: string, value: Uint8Array, flags: XattrFlags): Sleepable<void> {
    return setxattr(this.#context, path, name, value, flags);
  }

  getxattr(path: string, name: string, follow: boolean): Sleepable<Uint8Array> {
    return getxattr(this.#context, path, name, follow);
  }

  listxattr(path: string, follow: boolean): Sleepable<string[]> {
    return listxattr(this.#context, path, follow);
  }

  removexattr(path: string, name: string, follow: boolean): Sleepable<void> {
    return removexattr(this.#context, path, name, follow);
  }

  trim(range: TrimRange): Sleepable<number> {
    return trim(this.#context, range);
  }

  mmap(fd: number, offset: number, length: number, access: MappingAccess): Sleepable<number> {
    return mmap(this.#context, fd, offset, length, access);
  }

  munmap(mapping: number): Sleepable<void> {
    return munmap(this.#context, mapping);
  }

  load(mapping: number, offset: number, target: Uint8Array): Sleepable<number> {
    return load(this.#context, mapping, offset, target);
  }

  store(mapping: number, offset: number, source: Uint8Array): Sleepable<number> {
    return store(this.#context, mapping, offset, source);
  }

  msync(mapping: number, offset: number, length: number, mode: 'sync' | 'async'): Sleepable<void> {
    return msync(this.#context, mapping, offset, length, mode);
  }

  reclaim(path: string, offset: number, length: number): Sleepable<void> {
    return reclaim(this.#context, path, offset, length);
  }

  writeback(path: string, offset: number, length: number): Sleepable<void> {
    return writeback(this.#context, path, offset, length);
  }

  swapon(path: string): Sleepable<void> {
    return swapon(this.#context, path);
  }

  swapoff(path: string): Sleepable<void> {
    return swapoff(this.#context, path);
  }

  freeze(): Sleepable<void> {
    return freeze(this.#context);
  }

  thaw(): Sleepable<void> {
    return thaw(this.#context);
  }

  /** In which state memory knows a range of an open file to be (inspection/range-state.ts); from its position on when `offset` is null. */
  rangeState(fd: number, offset: number | null, length: number): string {
    const { inode, position } = this.#context.files.get(fd);
    return rangeState(inode, offset ?? position, length);
  }

  /** What memory holds, for a person (inspection/picture.ts). */
  memoryPicture(): Sleepable<MemoryPicture> {
    return memoryPicture(this.#context.sb);
  }

  *dropCaches(what: 'pages' | 'inodes' | 'both' = 'both'): Sleepable<void> {
    dropCaches(this.#context.sb, what);
  }
}
