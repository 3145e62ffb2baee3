import type { DirectoryCookie } from '../ext4/directory/reading/cookie.ts';
import type { DeviceNumber } from '../ext4/inode/device-number.ts';
import type { Timestamp } from '../ext4/inode/timestamp.ts';

/** What mknod(2) makes. */
export type NodeType = 'file' | 'fifo' | 'socket' | 'character-device' | 'block-device';

/** What an inode is. */
export type FileType = NodeType | 'directory' | 'symlink';

/** The flags of open(2). Access modes and the flags that a file system can tell apart. */
export interface OpenFlags {
  readonly access: 'read' | 'write' | 'read-write';
  /** O_CREAT */
  readonly create?: boolean;
  /** O_EXCL; counts only together with `create`. */
  readonly exclusive?: boolean;
  /** O_TRUNC */
  readonly truncate?: boolean;
  /** O_APPEND */
  readonly append?: boolean;
  /** O_DIRECTORY */
  readonly directory?: boolean;
  /** O_NOFOLLOW */
  readonly nofollow?: boolean;
  /** O_TMPFILE: the path names the directory of a new file without a name; with `exclusive` it never gets one. */
  readonly tmpfile?: boolean;
  /** O_DIRECT */
  readonly direct?: boolean;
  /** O_SYNC: a write is as durable as after fsync when it returns. */
  readonly sync?: boolean;
  /** O_DSYNC: as durable as after fdatasync. */
  readonly dsync?: boolean;
}

/** Flags of preadv2(2) and pwritev2(2): RWF_APPEND and so on. */
export type RwFlag = 'append' | 'dsync' | 'sync' | 'nowait' | 'dontcache';

/** What preadv2(2) and pwritev2(2) may say beyond descriptor, memory and offset, and what may be wrong with the memory. */
export interface TransferOptions {
  readonly rwf?: readonly RwFlag[];
  /** Lengths of the pieces of memory but the last; they lie one behind the other, and so make no difference. */
  readonly pieces?: readonly number[];
  /** The memory ends at this byte: touching it is EFAULT. */
  readonly faultAt?: number;
  /** Bytes by which the address misses a page: direct I/O asks for it. */
  readonly misaligned?: number;
}

/** Flags of renameat2(2); `exchange` goes with none of the others. */
export interface RenameFlags {
  /** RENAME_NOREPLACE: the new name must be free. */
  readonly noreplace?: boolean;
  /** RENAME_EXCHANGE: both names must mean something, and change what they mean with each other. */
  readonly exchange?: boolean;
  /** RENAME_WHITEOUT: the character device 0:0 takes the old name. */
  readonly whiteout?: boolean;
}

/** Flags of setxattr(2), and whether a symbolic link at the end of the path is what is meant. */
export interface XattrFlags {
  /** XATTR_CREATE: the attribute must be new. */
  readonly create?: boolean;
  /** XATTR_REPLACE: the attribute must exist. */
  readonly replace?: boolean;
  readonly nofollow?: boolean;
}

/** One end of a copy: a descriptor, and the byte where it begins, or null for the descriptor's position, which moves then. */
export interface CopyEnd {
  readonly fd: number;
  readonly offset: number | null;
}

/** posix_fadvise(2): POSIX_FADV_NORMAL and so on. */
export type Advice = 'normal' | 'sequential' | 'random' | 'willneed' | 'dontneed' | 'noreuse';

/** Whether sync_file_range(2) waits for what is on its way to the device, before and after it sends more. */
export type SyncWait = 'none' | 'before' | 'after' | 'both';

/** What stat(2) answers; sizes in bytes, blocks in units of 512 bytes. */
export interface Stat {
  readonly ino: number;
  readonly type: FileType;
  /** Permission bits with suid, sgid and sticky (07777); the type is in `type`. */
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** st_blocks: sectors of 512 bytes, with what delayed allocation has promised. */
  readonly sectors: number;
  readonly atime: Timestamp;
  readonly mtime: Timestamp;
  readonly ctime: Timestamp;
  /** st_rdev, of the two types of devices only. */
  readonly device?: DeviceNumber;
}

/** An entry of a directory. `name` is text as described in ext4/directory/file-name.ts. */
export interface DirectoryListing {
  readonly name: string;
  readonly ino: number;
  readonly type: FileType;
}

/** An entry of a directory that is read step by step. `next` is the position behind it (d_off), for seekdir. */
export interface DirectoryStep extends DirectoryListing {
  readonly next: DirectoryCookie;
}

/** utimensat(2): a time, UTIME_NOW or UTIME_OMIT. */
export type TimeChange = Timestamp | 'now' | 'omit';

/** How mmap(2) shows a file: MAP_SHARED or MAP_PRIVATE, PROT_READ with or without PROT_WRITE. */
export interface MappingAccess {
  readonly sharing: 'shared' | 'private';
  readonly access: 'read' | 'read-write';
}

/** lseek(2): SEEK_SET, SEEK_CUR and SEEK_END. */
export type PositionWhence = 'set' | 'current' | 'end';

/** The same, with SEEK_DATA and SEEK_HOLE. */
export type Whence = PositionWhence | 'data' | 'hole';
