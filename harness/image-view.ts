import type { Timestamp } from '../model/index.ts';

/** What `twinpath image info` tells of an ext4 image. */
export interface ImageFacts {
  /** Empty when it has none. */
  readonly label: string;
  readonly uuid: string;
  /** By the names of mke2fs, in the order of dumpe2fs: compatible, incompatible, compatible for reading. */
  readonly features: readonly string[];
  /** In the words of dumpe2fs: `clean`, `not clean`, each perhaps `with errors`. */
  readonly state: string;
  /** It was not unmounted: its log was replayed, in memory only. */
  readonly recovered: boolean;
  /** Bytes. */
  readonly blockSize: number;
  readonly blocks: number;
  readonly blocksFree: number;
  readonly inodes: number;
  readonly inodesFree: number;
  readonly journalBlocks: number;
}

/** A name and what it stands for; symbolic links are not followed. */
export interface ImageEntry {
  readonly type: string;
  /** Permission bits with suid, sgid and sticky (07777). */
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  readonly mtime: Timestamp;
  /** Where a symbolic link points to, else null. */
  readonly target: string | null;
}

/** An ext4 image that somebody looks into. Whatever cannot be shown is an ImageError. */
export interface ImageView {
  facts(): ImageFacts;
  entry(path: string): ImageEntry;
  /** The names in a directory, sorted; `.` and `..` are not among them. */
  names(path: string): readonly string[];
  /** The bytes of a regular file, piece by piece; symbolic links are followed. */
  content(path: string): Iterable<Uint8Array>;
}
