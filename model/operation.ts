/**
 * The vocabulary of the whole project. An operation is plain data: it is generated, shrunk, stored, replayed and
 * reported, and means the same on every target.
 */

/**
 * A path relative to the root of the file system, in the syntax of path_resolution(7) without the leading slash:
 * `d0/f1`, `d0/../f1`, `d0/`. The empty string is the empty path (ENOENT); `.` is the root. `..` at the root
 * stays there. No operation carries an absolute path.
 */
export type Path = string;

/** Names the descriptor that an earlier open made, so that shrinking never renumbers what is left. */
export type Handle = `fd${number}`;

/** Names the mapping that an earlier mmap made. */
export type MappingName = `map${number}`;

/** File contents by description, never by value: `length` bytes (>= 0) of the endless stream with this seed (>= 0). */
export interface Content {
  readonly seed: number;
  readonly length: number;
}

/** Seconds since 1970 and nanoseconds within them (0 .. 999,999,999). */
export interface Timestamp {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** What a descriptor may be used for (O_RDONLY, O_WRONLY, O_RDWR). */
export type Access = 'read' | 'write' | 'read-write';

/** The flags of open(2) that are set. Absent means not set, so that a stored case stays short. */
export interface OpenFlags {
  readonly create?: true;
  readonly exclusive?: true;
  readonly truncate?: true;
  readonly append?: true;
  readonly directory?: true;
  readonly nofollow?: true;
  /** O_TMPFILE: makes a regular file without a name; the path names the directory that it could get one in. */
  readonly tmpfile?: true;
  /** O_DIRECT, O_SYNC and O_DSYNC. */
  readonly direct?: true;
  readonly sync?: true;
  readonly dsync?: true;
}

/** Flags of preadv2(2) and pwritev2(2). */
export type RwfFlag = 'append' | 'dsync' | 'sync' | 'nowait' | 'dontcache';

/** How a read or a write is called. With none of it, it is read(2), pread(2), write(2) or pwrite(2). */
export interface TransferOptions {
  readonly rwf?: readonly RwfFlag[];
  /** The lengths of the pieces of the buffer but the last, which has what is left; they lie one behind the other. */
  readonly pieces?: readonly number[];
  /** There is no memory from this byte of the buffer on, which is at a multiple of 4096. Never with `misaligned`. */
  readonly faultAt?: number;
  /** By how many bytes, 1 .. 4095, the address of the buffer misses a multiple of 4096. */
  readonly misaligned?: number;
}

/** The types that mknod(2) makes. */
export type NodeType = 'file' | 'fifo' | 'socket' | 'character-device' | 'block-device';

/** 12 bits of major and 20 bits of minor number. */
export interface DeviceNumber {
  readonly major: number;
  readonly minor: number;
}

/** Whom an entry of an access control list is about, in the order in which a valid list has them. */
export type AclTag = 'owner' | 'user' | 'owning-group' | 'group' | 'mask' | 'others';

/** An entry of an access control list (acl(5)). */
export interface AclEntry {
  readonly tag: AclTag;
  /** 4 to read, 2 to write, 1 to execute or search, added up. Greater numbers are stored as they are: EINVAL. */
  readonly permissions: number;
  /** Only and always with `user` and `group`. */
  readonly id?: number;
}

/** The value of system.posix_acl_access or system.posix_acl_default, in the version 2 form of the kernel (acl(5)). */
export interface AclValue {
  readonly acl: readonly AclEntry[];
}

/** The value of an extended attribute: bytes, an ACL, or capabilities of a file. */
export type XattrValue = Content | AclValue | CapabilityValue;

/**
 * The value of security.capability in the version 2 form of the kernel (capabilities(7)): two sets of the first 32
 * capabilities, and whether a program has those that are permitted from its start.
 */
export interface CapabilityValue {
  readonly capability: {
    readonly permitted: number;
    readonly inheritable: number;
    readonly effective: boolean;
  };
}

/** What an inode can have as an extended attribute that is no access control list. */
export type StoredValue = Content | CapabilityValue;

/** Flags of chattr(1): iaSDAdj, and of directories that hand them down, too, but for the first two. */
export type FlagName = 'immutable' | 'append' | 'sync' | 'dirsync' | 'noatime' | 'nodump' | 'journalData';

/** Which flags are set (true) and cleared (false); the optional ones stay when absent. */
export interface FlagChanges extends Partial<Readonly<Record<FlagName, boolean>>> {
  readonly immutable: boolean;
  readonly append: boolean;
  /** Whether a file is mapped by extents (e), or by indirect blocks. lsattr shows it of nobody. */
  readonly extents?: boolean;
}

/** The caller of the operations. Whoever is not uid 0 has no capability; uid 0 has all. */
export interface Credentials {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/** Options of a mount that can change while it is used; at least one. */
export interface MountChanges {
  readonly dioreadNolock?: boolean;
  /** Of targets that have two ways of buffered I/O: which one inodes take that are read from now on. */
  readonly bufferedIomap?: boolean;
}

/** POSIX_FADV_*. */
export type Advice = 'normal' | 'sequential' | 'random' | 'willneed' | 'dontneed' | 'noreuse';

/** From where lseek(2) counts. */
export type Whence = 'set' | 'current' | 'end' | 'data' | 'hole';

/** The modes of fallocate(2): `punch` keeps the size always, `zero-keep-size` is zero beyond the end, too. */
export type FallocateMode =
  'allocate' | 'keep-size' | 'punch' | 'zero' | 'zero-keep-size' | 'collapse' | 'insert' | 'write-zeroes';

/** A system call, or something that happens to the whole file system, as plain data. */
export type Operation =
  | {
      readonly op: 'open';
      readonly as: Handle;
      readonly path: Path;
      readonly access: Access;
      readonly flags: OpenFlags;
      /** Permission bits (0 .. 0o7777) of a file that this call creates; there is no umask. */
      readonly mode: number;
    }
  | { readonly op: 'close'; readonly handle: Handle }
  | ({ readonly op: 'read'; readonly handle: Handle; readonly length: number } & TransferOptions)
  | ({
      readonly op: 'pread';
      readonly handle: Handle;
      readonly offset: number;
      readonly length: number;
    } & TransferOptions)
  | ({ readonly op: 'write'; readonly handle: Handle; readonly content: Content } & TransferOptions)
  | ({
      readonly op: 'pwrite';
      readonly handle: Handle;
      readonly offset: number;
      readonly content: Content;
    } & TransferOptions)
  | {
      readonly op: 'copy-file-range';
      readonly from: Handle;
      /** Null: the descriptor's position, which then moves. */
      readonly fromOffset: number | null;
      readonly to: Handle;
      readonly toOffset: number | null;
      readonly length: number;
    }
  | {
      readonly op: 'sendfile';
      readonly from: Handle;
      readonly fromOffset: number | null;
      readonly to: Handle;
      readonly length: number;
    }
  | { readonly op: 'readahead'; readonly handle: Handle; readonly offset: number; readonly length: number }
  | {
      readonly op: 'fadvise';
      readonly handle: Handle;
      readonly offset: number;
      readonly length: number;
      readonly advice: Advice;
    }
  /** SYNC_FILE_RANGE_WAIT_BEFORE and _AFTER, and with `write` SYNC_FILE_RANGE_WRITE. */
  | {
      readonly op: 'sync-file-range';
      readonly handle: Handle;
      readonly offset: number;
      readonly length: number;
      readonly wait: 'none' | 'before' | 'after' | 'both';
      readonly write: boolean;
    }
  | { readonly op: 'syncfs'; readonly handle: Handle }
  | {
      readonly op: 'mmap';
      readonly as: MappingName;
      readonly handle: Handle;
      readonly offset: number;
      readonly length: number;
      readonly sharing: 'shared' | 'private';
      readonly access: 'read' | 'read-write';
    }
  /** The whole mapping. A remount and the end of a run do it to all. */
  | { readonly op: 'munmap'; readonly mapping: MappingName }
  /** Answers the bytes up to the first that would be a SIGBUS; EFAULT when that is the first. */
  | { readonly op: 'load'; readonly mapping: MappingName; readonly offset: number; readonly length: number }
  /** Counts the bytes up to the first that would be a SIGBUS; EFAULT when that is the first. */
  | {
      readonly op: 'store';
      readonly mapping: MappingName;
      readonly offset: number;
      readonly content: Content;
    }
  | {
      readonly op: 'msync';
      readonly mapping: MappingName;
      readonly offset: number;
      readonly length: number;
      readonly mode: 'sync' | 'async';
    }
  | {
      readonly op: 'seek';
      readonly handle: Handle;
      readonly offset: number;
      /** SEEK_DATA and SEEK_HOLE move the position to what they find. */
      readonly whence: Whence;
    }
  | {
      readonly op: 'fallocate';
      readonly handle: Handle;
      readonly mode: FallocateMode;
      readonly offset: number;
      readonly length: number;
    }
  /**
   * EXT4_IOC_MOVE_EXT, in blocks: the file takes the places of the donor's blocks and keeps its contents. Counts the blocks
   * that were moved.
   */
  | {
      readonly op: 'move-extent';
      readonly handle: Handle;
      readonly donor: Handle;
      readonly offset: number;
      readonly donorOffset: number;
      readonly length: number;
    }
  /** FS_IOC_FIEMAP on what open(path, O_RDONLY) opens: answers `extents`. With `sync`, FIEMAP_FLAG_SYNC. */
  | {
      readonly op: 'fiemap';
      readonly path: Path;
      readonly offset: number;
      readonly length: number;
      readonly sync?: true;
    }
  /** FIBMAP on what open(path, O_RDONLY) opens: counts the device's block of the file's `block`; 0 is none. */
  | { readonly op: 'bmap'; readonly path: Path; readonly block: number }
  | { readonly op: 'truncate'; readonly path: Path; readonly size: number }
  | { readonly op: 'ftruncate'; readonly handle: Handle; readonly size: number }
  | { readonly op: 'fsync' | 'fdatasync'; readonly handle: Handle }
  | { readonly op: 'sync' }
  | { readonly op: 'mkdir'; readonly path: Path; readonly mode: number }
  | { readonly op: 'rmdir' | 'unlink'; readonly path: Path }
  | { readonly op: 'rename'; readonly from: Path; readonly to: Path; readonly flag?: RenameFlag }
  | { readonly op: 'link'; readonly from: Path; readonly to: Path }
  /** linkat(2) of a descriptor with AT_EMPTY_PATH. */
  | { readonly op: 'link-handle'; readonly handle: Handle; readonly to: Path }
  /** The device number means nothing unless the type is one of the two devices. */
  | {
      readonly op: 'mknod';
      readonly path: Path;
      readonly type: NodeType;
      readonly mode: number;
      readonly device: DeviceNumber;
    }
  /** `target` is stored as it is; it never starts with a slash. */
  | { readonly op: 'symlink'; readonly target: string; readonly path: Path }
  | { readonly op: 'readlink' | 'stat' | 'lstat' | 'readdir'; readonly path: Path }
  | { readonly op: 'fstat'; readonly handle: Handle }
  | { readonly op: 'chmod'; readonly path: Path; readonly mode: number }
  /** lchown is not in the vocabulary: the path's last symlink is followed. -1 leaves an id as it is. */
  | { readonly op: 'chown'; readonly path: Path; readonly uid: number; readonly gid: number }
  | { readonly op: 'utimens'; readonly path: Path; readonly atime: SetTime; readonly mtime: SetTime }
  /** setxattr(2), or lsetxattr(2) with `nofollow`. */
  | {
      readonly op: 'setxattr';
      readonly path: Path;
      readonly name: string;
      readonly value: XattrValue;
      readonly flag?: 'create' | 'replace';
      readonly nofollow?: true;
    }
  /** getxattr answers `data` (the model: `runs`, or `data` for what is no Content). */
  | {
      readonly op: 'getxattr' | 'removexattr';
      readonly path: Path;
      readonly name: string;
      readonly nofollow?: true;
    }
  | { readonly op: 'listxattr'; readonly path: Path; readonly nofollow?: true }
  /** The caller of all following operations, until the next one. A run starts as root; a remount changes nothing. */
  | {
      readonly op: 'setcreds';
      readonly uid: number;
      readonly gid: number;
      readonly groups: readonly number[];
    }
  /** FS_IOC_SETFLAGS on what open(path, O_RDONLY) opens: flags that are named are set or cleared, others stay. */
  | ({ readonly op: 'chattr'; readonly path: Path } & FlagChanges)
  /**
   * FS_IOC_FSSETXATTR on what open(path, O_RDONLY) opens. Of a directory it also sets FS_XFLAG_PROJINHERIT, or with project
   * 0 clears it, as xfs_quota's `project -s` and `project -C` do.
   */
  | { readonly op: 'set-project'; readonly path: Path; readonly project: number }
  /** FS_IOC_FSGETXATTR on what open(path, O_RDONLY) opens: answers `flags`. */
  | { readonly op: 'lsattr'; readonly path: Path }
  | { readonly op: 'statfs' }
  /**
   * Writes nothing; drops clean page cache, unused inodes, or both when `what` is absent (1, 2 or 3 to
   * /proc/sys/vm/drop_caches).
   */
  | { readonly op: 'drop-caches'; readonly what?: 'pages' | 'inodes' }
  /** Drops the clean pages of a range of a file (POSIX_FADV_DONTNEED). */
  | { readonly op: 'reclaim'; readonly path: Path; readonly offset: number; readonly length: number }
  /** Begins to write out what is dirty in a range of a file, and does not wait (SYNC_FILE_RANGE_WRITE). */
  | { readonly op: 'writeback'; readonly path: Path; readonly offset: number; readonly length: number }
  /** FITRIM, in bytes of the device; counts the bytes that were discarded. */
  | { readonly op: 'trim'; readonly start: number; readonly length: number; readonly minimum: number }
  /** Writes the header of mkswap(8), of two pages, to the start of a file, with pwrite(2). */
  | { readonly op: 'mkswap'; readonly handle: Handle }
  | { readonly op: 'swapon' | 'swapoff'; readonly path: Path }
  /** FIFREEZE and FITHAW. In between, only what changes nothing is enabled: everything else would wait for ever. */
  | { readonly op: 'freeze' | 'thaw' }
  /** mount -o remount with other options, until the next `remount` mounts with those of the setup. */
  | { readonly op: 'reconfigure'; readonly mount: MountChanges }
  /** Closes every descriptor, unmounts and mounts again. */
  | { readonly op: 'remount' };

/** RENAME_NOREPLACE, RENAME_EXCHANGE and RENAME_WHITEOUT of renameat2(2). */
export type RenameFlag = 'noreplace' | 'exchange' | 'whiteout';

/** What utimensat(2) does with one of the two times. */
export type SetTime = Timestamp | 'now' | 'omit';

/** What the operations are called. */
export type OperationName = Operation['op'];

/** What kind of file an inode is (S_IFMT). */
export type FileType = NodeType | 'directory' | 'symlink';

/** What stat(2) answers, less what no two file systems share (inode and device numbers, directory sizes). */
export interface Stat {
  readonly type: FileType;
  /** Permission bits, 0 .. 0o7777. */
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes; 0 for a directory, whose size is the file system's own affair. */
  readonly size: number;
  readonly atime: Timestamp;
  readonly mtime: Timestamp;
  readonly ctime: Timestamp;
  /** st_rdev; only and always of the two types of devices. */
  readonly device?: DeviceNumber;
}

/** A name as readdir(3) tells of it. */
export interface DirectoryEntry {
  readonly name: string;
  readonly type: FileType;
}

/** Free space in blocks and inodes, as statfs(2) gives it. The model has no opinion on it; judges have. */
export interface SpaceReport {
  readonly blockSize: number;
  readonly blocks: number;
  readonly blocksFree: number;
  readonly blocksAvailable: number;
  readonly inodes: number;
  readonly inodesFree: number;
}

/**
 * A piece of a file as FIEMAP shows it, in bytes of the file. Where on the device it lies is the target's own affair.
 * `delayed`: promised, without a place so far. `inline`: in the inode.
 */
export interface FileExtent {
  readonly offset: number;
  readonly length: number;
  readonly state: 'written' | 'unwritten' | 'delayed' | 'inline';
}

/**
 * One piece of expected contents: zeros, `length` bytes of stream `seed` from its byte `start` on, or bytes of which nobody
 * can know the value.
 */
export type Run =
  | { readonly kind: 'zeros'; readonly length: number }
  | { readonly kind: 'any'; readonly length: number }
  | { readonly kind: 'bytes'; readonly seed: number; readonly start: number; readonly length: number };

/**
 * What a call answered. `done`: nothing but success. `count`: bytes moved or a file position. `data`: bytes that a
 * target read. `runs`: bytes that the model expects, described.
 */
export type Value =
  | { readonly kind: 'done' }
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'runs'; readonly runs: readonly Run[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'stat'; readonly stat: Stat }
  /** Without `.` and `..`, sorted by name (code units). */
  | { readonly kind: 'entries'; readonly entries: readonly DirectoryEntry[] }
  /** Names of extended attributes, sorted by code units. */
  | { readonly kind: 'names'; readonly names: readonly string[] }
  /** Of an inode of a file system without project ids, the project is 0. */
  | {
      readonly kind: 'flags';
      /** In the order of FlagName. */
      readonly flags: readonly FlagName[];
      readonly project: number;
    }
  | { readonly kind: 'space'; readonly space: SpaceReport | null }
  /** In the order of their offsets, none over another. */
  | { readonly kind: 'extents'; readonly extents: readonly FileExtent[] };

/** What an operation answers: a value, or an errno. */
export type Outcome =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly errno: Errno };

/** Errors that the operations may answer (errno(3)). */
export type Errno =
  | 'EPERM'
  | 'ENOENT'
  | 'EIO'
  | 'ENXIO'
  | 'E2BIG'
  | 'EBADF'
  | 'EAGAIN'
  | 'ENOMEM'
  | 'EACCES'
  | 'EFAULT'
  | 'EBUSY'
  | 'EEXIST'
  | 'EXDEV'
  | 'ENODEV'
  | 'ENOTDIR'
  | 'EISDIR'
  | 'EINVAL'
  | 'EMFILE'
  | 'ENOTTY'
  | 'ETXTBSY'
  | 'EFBIG'
  | 'ENOSPC'
  | 'ESPIPE'
  | 'EROFS'
  | 'EMLINK'
  | 'ERANGE'
  | 'ENAMETOOLONG'
  | 'ENOTEMPTY'
  | 'ELOOP'
  | 'ENODATA'
  | 'EOPNOTSUPP'
  | 'EUCLEAN'
  | 'EBADMSG'
  | 'ESTALE'
  | 'EDQUOT'
  | 'EOVERFLOW';
