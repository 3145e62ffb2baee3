import type { Inode } from '../ext4/inode/inode.ts';
import type { SuperBlock } from '../ext4/super/super-block.ts';
import { reservedBlocksCount, reserveGroup, reserveUser } from '../ext4/layout/superblock.ts';
import { INCOMPAT } from '../ext4/super/features.ts';
import { fail } from '../lib/errno.ts';
import { Mutex, RwSemaphore } from '../sched/lock.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { LockClass } from '../sched/task.ts';
import type { ProcessMapping } from './memory-calls.ts';
import { FileTable, type OpenFile } from './open-file.ts';
import { superuser, type Credentials } from './permission/credentials.ts';

/** s_vfs_rename_mutex: at most one rename at a time moves something from one directory to another. Before any i_rwsem. */
const RENAME_MUTEX: LockClass = { name: 's_vfs_rename_mutex', rank: 5, nests: false };

/** mmap_lock: which mappings there are. A fault holds it for reading, and comes while a write holds i_rwsem. */
const MMAP_LOCK: LockClass = { name: 'mmap_lock', rank: 15, nests: false };

/** What a system call works with: the mounted file system and the one process that uses it. */
export class KernelContext {
  readonly sb: SuperBlock;
  /** The root directory, held for the life of the mount; every path starts here. */
  readonly root: Inode;
  readonly files: FileTable;
  #caller: Credentials = superuser();
  readonly renameMutex: Mutex;
  readonly mmapLock: RwSemaphore;
  /** Files that the kernel swaps to, open as swapon(2) opened them. */
  readonly swapFiles = new Map<Inode, OpenFile>();
  /** By number, from 1 on; a number is never given twice. */
  readonly #mappings = new Map<number, ProcessMapping>();
  #lastMapping = 0;
  /** fs.protected_hardlinks of sysctl: only the owner links what others could misuse. */
  readonly protectedHardlinks: boolean;

  constructor(sb: SuperBlock, root: Inode, protectedHardlinks: boolean, filesMax?: number) {
    this.files = new FileTable(filesMax);
    this.protectedHardlinks = protectedHardlinks;
    this.sb = sb;
    this.root = root;
    this.renameMutex = new Mutex(sb.scheduler, RENAME_MUTEX);
    this.mmapLock = new RwSemaphore(sb.scheduler, MMAP_LOCK);
  }

  /** Who makes the calls that start from now on. */
  get caller(): Credentials {
    return this.#caller;
  }

  set caller(caller: Credentials) {
    this.#caller = caller;
    const { freeSpace, geometry, raw } = this.sb;
    const is64bit = (this.sb.features.incompat & INCOMPAT['64bit']) !== 0;
    freeSpace.keptFromCaller = this.#mayUseReserve(caller)
      ? 0
      : Math.floor(reservedBlocksCount(raw, is64bit) / geometry.clusterRatio);
  }

  /** The caller's part of ext4_has_free_clusters(): the group of root is not enough. */
  #mayUseReserve({ uid, gid, groups, sysResource }: Credentials): boolean {
    const { options, raw } = this.sb;
    const group = options.resgid ?? reserveGroup(raw);
    if (sysResource || uid === (options.resuid ?? reserveUser(raw))) return true;
    return group !== 0 && (gid === group || groups.has(group));
  }

  get mappings(): readonly number[] {
    return [...this.#mappings.keys()];
  }

  addMapping(mapping: ProcessMapping): number {
    this.#mappings.set(++this.#lastMapping, mapping);
    return this.#lastMapping;
  }

  /** Fails with EINVAL: nothing is mapped there. */
  mapping(id: number): ProcessMapping {
    return this.#mappings.get(id) ?? fail('EINVAL');
  }

  removeMapping(id: number): ProcessMapping {
    const mapping = this.mapping(id);
    this.#mappings.delete(id);
    return mapping;
  }

  /** mnt_want_write(): sleeps while the file system is frozen. Fails with EROFS. */
  wantWrite(): Sleepable<void> {
    if (this.sb.readOnly) fail('EROFS');
    return this.sb.freezer.startWrite();
  }
}
