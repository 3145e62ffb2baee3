import type { DirectoryCookie } from '../ext4/directory/reading/cookie.ts';
import type { Timestamp } from '../ext4/inode/timestamp.ts';

/** What an inode is. The last four appear only in images that other tools made. */
export type FileType =
  'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'character-device' | 'block-device';

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
}

/** Flags of setxattr(2), and whether a symbolic link at the end of the path is what is meant. */
export interface XattrFlags {
  /** XATTR_CREATE: the attribute must be new. */
  readonly create?: boolean;
  /** XATTR_REPLACE: the attribute must exist. */
  readonly replace?: boolean;
  readonly nofollow?: boolean;
}

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

export type Whence = 'set' | 'current' | 'end';
