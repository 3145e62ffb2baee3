import type { FileType, FlagName, Path, Timestamp } from '../operation.ts';

/** What somebody finds of a name after recovery. */
export interface RecoveredNode {
  readonly type: FileType;
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes; of a regular file. */
  readonly size: number;
  readonly mtime: Timestamp;
  readonly ctime: Timestamp;
  /** Equal for names of one inode. */
  readonly ino: number;
  /** The contents of a regular file, or as many of them as anybody wrote. */
  readonly bytes: Uint8Array | null;
  /** Only of a symbolic link. */
  readonly target: string | null;
  /** Extended attributes by their full names, access control lists among them: what getxattr(2) answers. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
  /** Flags of chattr(1), in the order of the vocabulary; none of what is neither file nor directory. */
  readonly flags: readonly FlagName[];
}

/** Every path; `.` is the root. */
export type RecoveredTree = ReadonlyMap<Path, RecoveredNode>;

/** Why a tree is none of those that may be found. */
export interface DurabilityProblem {
  /** Coarse and stable, so that two can be called the same. */
  readonly what: 'names' | 'links' | 'attributes' | 'size' | 'bytes';
  readonly path: Path;
  /** For a person. */
  readonly words: string;
  /** Of `bytes`: the first byte that is wrong. */
  readonly offset?: number;
}
