import type { BufferHead } from '../buffer/buffer-head.ts';
import type { AddressSpace } from '../mm/address-space.ts';
import type { RwSemaphore } from '../sched/lock.ts';
import type { ExtentStatusTree } from './extent-status.ts';
import type { SuperBlock } from './super-block.ts';
import type { Timestamp } from './timestamp.ts';

/** Bytes of i_block: the root of the extent tree, or a fast symlink's target. */
export const I_BLOCK_BYTES = 60;

/** i_flags (fs/ext4/ext4.h). */
export const EXT4_SYNC_FL = 0x8;
export const EXT4_IMMUTABLE_FL = 0x10;
export const EXT4_APPEND_FL = 0x20;
export const EXT4_INDEX_FL = 0x1000;
export const EXT4_JOURNAL_DATA_FL = 0x4000;
export const EXT4_HUGE_FILE_FL = 0x40000;
export const EXT4_EXTENTS_FL = 0x80000;
export const EXT4_EA_INODE_FL = 0x200000;
export const EXT4_INLINE_DATA_FL = 0x10000000;

/** File types in i_mode (S_IFMT). */
export const S_IFMT = 0xf000;
export const S_IFREG = 0x8000;
export const S_IFDIR = 0x4000;
export const S_IFLNK = 0xa000;

export const isRegular = (mode: number): boolean => (mode & S_IFMT) === S_IFREG;
export const isDirectory = (mode: number): boolean => (mode & S_IFMT) === S_IFDIR;
export const isSymlink = (mode: number): boolean => (mode & S_IFMT) === S_IFLNK;

/**
 * An inode in memory (struct inode and ext4_inode_info in one). Its fields reach the inode table with
 * `markInodeDirty`; what it does not know (extended attributes in the inode's tail) stays in the table as it is.
 */
export interface Inode {
  readonly sb: SuperBlock;
  readonly ino: number;
  /** The block of the inode table that holds it, and the byte offset in it. */
  readonly tableBuffer: BufferHead;
  readonly tableOffset: number;
  generation: number;
  /** Type and permission bits. */
  mode: number;
  uid: number;
  gid: number;
  /** i_nlink. A directory beyond 65,000 subdirectories shows 1 (dir_nlink). */
  links: number;
  flags: number;
  /** i_size, bytes: what a reader sees. */
  size: number;
  /** i_disksize, bytes: what the inode table says; never more than size. */
  diskSize: number;
  /** i_blocks in sectors of 512 bytes, data and extent blocks. */
  sectors: number;
  /** The block that holds extended attributes (i_file_acl), or 0. */
  xattrBlock: number;
  atime: Timestamp;
  ctime: Timestamp;
  mtime: Timestamp;
  crtime: Timestamp;
  /** i_dtime, or the next inode of the orphan list. */
  dtime: number;
  /** i_block as it goes to disk, I_BLOCK_BYTES long, and a view of it. */
  readonly data: Uint8Array;
  readonly dataView: DataView;
  /** Directory operations and writes (i_rwsem). */
  readonly lock: RwSemaphore;
  /** Page cache against truncation (mapping->invalidate_lock). */
  readonly invalidateLock: RwSemaphore;
  /** The extent tree, i_disksize (i_data_sem). */
  readonly dataLock: RwSemaphore;
  readonly extentStatus: ExtentStatusTree;
  /** Blocks promised to delayed allocation for this inode (i_reserved_data_blocks). */
  reservedBlocks: number;
  readonly mapping: AddressSpace;
  /** EXT4_STATE_BUFFERED_IOMAP: decided when the inode enters memory, kept for its life there. */
  readonly bufferedIomap: boolean;
  /** Users: descriptors, path walks, dirty state. At 0 the inode may leave memory. */
  references: number;
  /** Transaction ids that fsync and fdatasync must wait for (i_sync_tid, i_datasync_tid). */
  syncTid: number;
  dataSyncTid: number;
  /** Goal of the next allocation: the block after the last one allocated, or 0. */
  allocationGoal: number;
  /** Logical block after the last allocation, which allocationGoal continues. */
  allocationLogical: number;
  /** Where the inode stands among the orphans, or null. */
  orphan: object | null;
}
