import type { BlockDevice } from '../../block/block-device.ts';
import { assert } from '../../lib/assert.ts';
import type { OrderedInode } from '../../jbd2/ordered-inode.ts';
import { AddressSpace } from '../../mm/address-space.ts';
import type { ErrorSequence } from '../../mm/error-sequence.ts';
import { RwSemaphore } from '../../sched/lock.ts';
import type { Preallocation } from '../allocation/preallocation.ts';
import type { DataPath } from '../data/data-path.ts';
import { inodeSeed } from '../integrity/checksum.ts';
import { ExtentStatusTree } from '../mapping/extent-status.ts';
import { I_DATA_SEM, I_RWSEM, INVALIDATE_LOCK, XATTR_SEM } from '../lock-order.ts';
import type { SuperBlock } from '../super/super-block.ts';
import { smallZeros } from './small-zeros.ts';
import { EPOCH, type Timestamp } from './timestamp.ts';

/** Bytes of i_block: the root of the extent tree, or a fast symlink's target. */
export const I_BLOCK_BYTES = 60;

/** i_flags that the code asks for (fs/ext4/ext4.h); flags.ts has those that users change. */
export const EXT4_SYNC_FL = 0x8;
export const EXT4_IMMUTABLE_FL = 0x10;
export const EXT4_APPEND_FL = 0x20;
export const EXT4_NOATIME_FL = 0x80;
export const EXT4_ENCRYPT_FL = 0x800;
export const EXT4_INDEX_FL = 0x1000;
export const EXT4_JOURNAL_DATA_FL = 0x4000;
export const EXT4_DIRSYNC_FL = 0x10000;
export const EXT4_HUGE_FILE_FL = 0x40000;
export const EXT4_EXTENTS_FL = 0x80000;
export const EXT4_EA_INODE_FL = 0x200000;
export const EXT4_INLINE_DATA_FL = 0x10000000;
export const EXT4_PROJINHERIT_FL = 0x20000000;
export const EXT4_CASEFOLD_FL = 0x40000000;

/** File types in i_mode (S_IFMT). */
export const S_IFMT = 0xf000;
export const S_IFREG = 0x8000;
export const S_IFDIR = 0x4000;
export const S_IFLNK = 0xa000;
export const S_IFCHR = 0x2000;
export const S_IFBLK = 0x6000;
export const S_IFIFO = 0x1000;
export const S_IFSOCK = 0xc000;

/** Set-user-ID, set-group-ID and sticky bit, and the group's right to execute. */
export const S_ISUID = 0o4000;
export const S_ISGID = 0o2000;
export const S_ISVTX = 0o1000;
export const S_IXGRP = 0o0010;

/** Every type that there is, by the four bits of S_IFMT: fifo 1, devices 2 and 6, directory 4, file 8, symlink 10, socket 12. */
const FILE_TYPES = new Set([1, 2, 4, 6, 8, 10, 12]);

export const isFileType = (mode: number): boolean => FILE_TYPES.has((mode & S_IFMT) >> 12);

export const isRegular = (mode: number): boolean => (mode & S_IFMT) === S_IFREG;
export const isDirectory = (mode: number): boolean => (mode & S_IFMT) === S_IFDIR;
export const isSymlink = (mode: number): boolean => (mode & S_IFMT) === S_IFLNK;
export const isFifo = (mode: number): boolean => (mode & S_IFMT) === S_IFIFO;
export const isDevice = (mode: number): boolean => (mode & S_IFMT) === S_IFCHR || (mode & S_IFMT) === S_IFBLK;

/** What an inode is made of when it enters memory; the rest starts empty. */
export interface InodeOrigin {
  readonly sb: SuperBlock;
  readonly ino: number;
  readonly tableBlock: number;
  readonly tableOffset: number;
}

/**
 * An inode in memory (struct inode and ext4_inode_info in one). Its fields reach the inode table with
 * `markInodeDirty`; what it does not know (extended attributes in the inode's tail) stays in the table as it is.
 */
export class Inode {
  readonly sb: SuperBlock;
  readonly ino: number;
  /** The block of the inode table that holds it, and the byte offset in it. */
  readonly tableBlock: number;
  readonly tableOffset: number;
  /**
   * Numbers of 32 bits, kept with a sign: V8 holds those in the object itself. The first of 2^31 or more would make another shape of
   * all inodes, and whatever was compiled for the one before would be thrown away in the midst of the work.
   */
  #generation = 0;
  /** The seed of this generation, once somebody asked: hashing two numbers costs as much as a small inode. */
  #seed = 0;
  #seedKnown = false;
  /** Type and permission bits. */
  mode = 0;
  uid = 0;
  gid = 0;
  /** i_nlink. A directory beyond 65,000 subdirectories shows 1 (dir_nlink). */
  links = 0;
  flags = 0;
  /** i_projid: 0 without the feature `project`. */
  project = 0;
  /**
   * i_version. Of a directory: grows with every change of its entries, only as long as the inode is in memory. Of an inode
   * that holds an attribute's value: the low half of its count of references, kept on disk.
   */
  version = 1;
  /** i_size, bytes: what a reader sees. */
  size = 0;
  /** i_disksize, bytes: what the inode table says; never more than size. */
  diskSize = 0;
  /** i_blocks in sectors of 512 bytes, data and extent blocks. */
  sectors = 0;
  /** The block that holds extended attributes (i_file_acl), or 0. */
  xattrBlock = 0;
  /** Bytes behind byte 128 that fields take (i_extra_isize); 0 in inodes of 128 bytes. */
  extraSize = 0;
  /** EXT4_STATE_NO_EXPAND: the fields get no more room, though new inodes have more. */
  keepsExtraSize = false;
  /** The inode's own tail holds extended attributes, too (EXT4_STATE_XATTR). */
  xattrsInInode = false;
  /** No attribute speaks of capabilities: whoever sets one takes this back (S_NOSEC). */
  knownPlain = false;
  atime: Timestamp = EPOCH;
  ctime: Timestamp = EPOCH;
  mtime: Timestamp = EPOCH;
  crtime: Timestamp = EPOCH;
  /** i_dtime, or the next inode of the orphan list. */
  dtime = 0;
  /** i_block as it goes to disk, I_BLOCK_BYTES long. */
  readonly data = smallZeros(I_BLOCK_BYTES);
  #dataView: DataView | null = null;
  /** What i_block is the root of, since it was checked; only the map looks inside. */
  mapRoot: object | null = null;
  /** Directory operations and writes (i_rwsem). */
  readonly lock: RwSemaphore;
  /** Page cache against truncation (mapping->invalidate_lock). */
  readonly invalidateLock: RwSemaphore;
  /** The extent tree, i_disksize (i_data_sem). */
  readonly dataLock: RwSemaphore;
  #xattrLock: RwSemaphore | null = null;
  readonly extentStatus = new ExtentStatusTree();
  /** Clusters promised to delayed allocation for this inode (i_reserved_data_blocks). */
  reservedBlocks = 0;
  /** With bigalloc: the logical clusters that have a promise; null without (mapping/reservation.ts). */
  readonly promisedClusters: Set<number> | null;
  readonly mapping: AddressSpace;
  /** The table that `mapping` uses, for what the page cache itself does not call. */
  dataPath: DataPath;
  /** EXT4_STATE_BUFFERED_IOMAP: decided when the inode enters memory, kept for its life there. */
  bufferedIomap = false;
  /** At 0 references it leaves memory at once (I_DONTCACHE). */
  dontCache = false;
  /** Users: descriptors, path walks, dirty state. At 0 the inode may leave memory. */
  references = 0;
  /** EXT4_STATE_DA_ALLOC_CLOSE: the file was cut to nothing; what is written next gets its place when it is closed. */
  allocateOnClose = false;
  /** EXT4_STATE_MAY_INLINE_DATA: contents may lie in the inode, or do; once they have left it they never come back. */
  mayInline = false;
  /** Transaction ids that fsync and fdatasync must wait for (i_sync_tid, i_datasync_tid). */
  syncTid = 0;
  dataSyncTid = 0;
  /** What a commit writes before it, with data=ordered; made when the inode first got blocks (i_jinode). */
  ordered: OrderedInode | null = null;
  /** The kernel swaps to it (S_SWAPFILE): what it holds, and how far it reaches, is nobody else's to change. */
  swapFile = false;
  /** Open descriptors that may write (i_writecount). */
  writers = 0;
  /** Space set aside for what the file will grow to; only the allocator looks inside. */
  preallocation: Preallocation | null = null;
  /** Of a directory: the group of the inode that was made in it last; null for none so far (i_last_alloc_group). */
  lastAllocatedGroup: number | null = null;
  /** I_LINKABLE: made without a name, and may still get its first. */
  linkable = false;
  /** Where the inode stands among the orphans, or null. */
  orphan: object | null = null;
  /** Writes that the device has ended and whose remaining work waits for the worker; only the data path looks inside. */
  endedWrites: object[] = [];

  constructor({ sb, ino, tableBlock, tableOffset }: InodeOrigin, dataPath: DataPath) {
    this.sb = sb;
    this.ino = ino;
    this.tableBlock = tableBlock;
    this.tableOffset = tableOffset;
    this.lock = new RwSemaphore(sb.scheduler, I_RWSEM, ino);
    this.invalidateLock = new RwSemaphore(sb.scheduler, INVALIDATE_LOCK, ino);
    this.dataLock = new RwSemaphore(sb.scheduler, I_DATA_SEM, ino);
    this.dataPath = dataPath;
    this.promisedClusters = sb.geometry.clusterRatio > 1 ? new Set() : null;
    this.mapping = new AddressSpace(
      this,
      sb.pool,
      dataPath,
      sb.inodes.unsyncedMappings,
      sb.inodes.folioOrderMin,
    );
    this.mapping.faults = sb.options.faults;
  }

  /** Of `data`; made on first use, for not every inode has a map. */
  get dataView(): DataView {
    const { buffer, byteOffset } = this.data;
    return (this.#dataView ??= new DataView(buffer, byteOffset, I_BLOCK_BYTES));
  }

  /** Extended attributes, in the inode and in its block (xattr_sem). Made on first use: most inodes have none. */
  get xattrLock(): RwSemaphore {
    return (this.#xattrLock ??= new RwSemaphore(this.sb.scheduler, XATTR_SEM, this.ino));
  }

  /** i_csum_seed: where the checksums of the inode and of all that belongs to it begin. */
  get checksumSeed(): number {
    if (!this.#seedKnown) {
      this.#seed = inodeSeed(this.sb.checksumSeed, this.ino, this.generation) | 0;
      this.#seedKnown = true;
    }
    return this.#seed >>> 0;
  }

  /** i_generation, without a sign. */
  get generation(): number {
    return this.#generation >>> 0;
  }

  set generation(generation: number) {
    this.#generation = generation | 0;
    this.#seedKnown = false;
  }

  get blockSize(): number {
    return this.sb.geometry.blockSize;
  }

  /** What a block of metadata adds to i_blocks: a whole cluster, in sectors. */
  get clusterSectors(): number {
    return (this.sb.geometry.clusterRatio * this.blockSize) / 512;
  }

  get device(): BlockDevice {
    return this.sb.device;
  }

  get lostWrites(): ErrorSequence {
    return this.sb.lostWrites;
  }
}

/** ext4_set_inode_state and ext4_set_aops: the path that this inode's bytes take from now on. */
export function useDataPath(inode: Inode, dataPath: DataPath): void {
  inode.dataPath = dataPath;
  inode.mapping.operations = dataPath;
}

/** The inode whose bytes `mapping` holds. Every address space of ext4 belongs to an Inode. */
export function inodeOf(mapping: AddressSpace | null): Inode {
  const host = mapping?.host;
  assert(host instanceof Inode, 'an address space without an inode of ext4');
  return host;
}
