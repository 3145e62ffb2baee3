import type { FallocateMode } from '../../ext4/fallocate/fallocate.ts';
import type { Advice, NodeType, SyncWait, TimeChange, TransferOptions, Whence } from '../types.ts';

/** One call and its arguments. Files are named by the program that opens them; paths are relative to its folder. */
export type Call =
  | readonly ['caller', uid: number, gid: number, groups: readonly number[]]
  | readonly ['open', file: string, path: string, access: Access, flags: readonly OpenFlag[], mode: number]
  | readonly ['close' | 'fsync', file: string]
  | readonly ['read' | 'write', file: string, length: number]
  /** Answers how many bytes there were, and their Adler-32. */
  | readonly ['preadv', file: string, offset: number | null, length: number, how: TransferOptions]
  /** Writes the bytes that `seed` stands for. */
  | readonly [
      'pwritev',
      file: string,
      offset: number | null,
      length: number,
      seed: number,
      how: TransferOptions,
    ]
  | readonly [
      'copyFileRange',
      from: string,
      fromOffset: number | null,
      to: string,
      toOffset: number | null,
      length: number,
    ]
  | readonly ['sendfile', to: string, from: string, fromOffset: number | null, length: number]
  | readonly ['fadvise', file: string, offset: number, length: number, advice: Advice]
  | readonly ['readahead', file: string, offset: number, length: number]
  | readonly ['syncFileRange', file: string, offset: number, length: number, wait: SyncWait, write: boolean]
  | readonly ['syncfs', file: string]
  /** Answers size and Adler-32 of the whole file. */
  | readonly ['sum', path: string]
  | readonly ['ftruncate', file: string, size: number]
  /** `length` bytes of one value. */
  | readonly ['pwrite', file: string, offset: number, length: number, value: number]
  | readonly ['fallocate', file: string, mode: FallocateMode, offset: number, length: number]
  /** EXT4_IOC_MOVE_EXT, blocks. */
  | readonly ['moveExtent', file: string, donor: string, offset: number, donorOffset: number, length: number]
  | readonly ['seek', file: string, offset: number, whence: Whence]
  /** Where SEEK_DATA and SEEK_HOLE stop, from the beginning of the file on. */
  | readonly ['borders', file: string]
  /** FS_IOC_FIEMAP: bytes of the file and flags, without places on the device. */
  | readonly ['fiemap', path: string, offset: number, length: number, sync: boolean]
  /** Bytes that have places once everything is written: where unwritten blocks were zeroed instead, differs. */
  | readonly ['mapped', path: string]
  /** FIBMAP: has the block a place? */
  | readonly ['bmap', path: string, block: number]
  /** The runs of equal bytes in the file: [value, length]. */
  | readonly ['contents', path: string]
  | readonly ['truncate', path: string, size: number]
  | readonly ['mkdir', path: string, mode: number]
  | readonly ['rmdir' | 'unlink' | 'readlink' | 'readdir', path: string]
  | readonly ['symlink', target: string, path: string]
  | readonly ['link', from: string, to: string]
  | readonly ['linkHandle', file: string, to: string]
  | readonly ['rename', from: string, to: string, flags: readonly RenameFlag[]]
  | readonly ['mknod', path: string, type: NodeType, mode: number, major: number, minor: number]
  | readonly ['chmod', path: string, mode: number]
  | readonly ['chown', path: string, uid: number, gid: number]
  | readonly ['utimens', path: string, atime: Time, mtime: Time]
  | readonly ['stat' | 'lstat', path: string]
  | readonly ['fstat', file: string]
  /** Access and modification time. */
  | readonly ['times', path: string]
  /** Remembers the times of these names, for `changed`. */
  | readonly ['mark', ...paths: string[]]
  /** Have modification time and change time changed since `mark`? */
  | readonly ['changed', path: string]
  | readonly ['setFlags', file: string, flags: number]
  | readonly ['setProject', file: string, project: number, inherit: boolean | null]
  | readonly ['setGeneration', file: string, generation: number]
  | readonly ['getFlags' | 'getProject' | 'getGeneration', file: string];

export type Access = 'read' | 'write' | 'read-write';
export type OpenFlag =
  | 'create'
  | 'exclusive'
  | 'truncate'
  | 'append'
  | 'directory'
  | 'nofollow'
  | 'tmpfile'
  | 'direct'
  | 'sync'
  | 'dsync';

export type RenameFlag = 'noreplace' | 'exchange' | 'whiteout';

/** Seconds and nanoseconds, or what utimensat(2) has a name for. */
export type Time = readonly [seconds: number, nanoseconds: number] | Extract<TimeChange, string>;

export type Program = readonly Call[];

/** A value, `done`, or the name of an errno. */
export type Answer = unknown;
