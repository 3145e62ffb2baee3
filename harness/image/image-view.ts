import type { Timestamp } from '../../model/index.ts';

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
  readonly groups: readonly GroupSummary[];
}

/** A block group: where its metadata lies, and what it has left. */
export interface GroupSummary {
  readonly number: number;
  readonly firstBlock: number;
  readonly blocks: number;
  readonly blockBitmap: number;
  readonly inodeBitmap: number;
  /** First block. */
  readonly inodeTable: number;
  readonly freeBlocks: number;
  readonly freeInodes: number;
  readonly directories: number;
  /** At the end of the table, never used. */
  readonly unusedInodes: number;
  /** In the words of dumpe2fs. */
  readonly flags: readonly string[];
}

/** Blocks of a file that follow each other on the device. */
export interface MappedRun {
  /** First block of the file, and on the device. */
  readonly logical: number;
  readonly physical: number;
  /** Blocks. */
  readonly length: number;
  readonly state: 'written' | 'unwritten' | 'delayed' | 'inline';
}

/** Bytes of a file, and the byte of the file where they begin. */
export interface FilePiece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface DeviceNumber {
  readonly major: number;
  readonly minor: number;
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
  readonly atime: Timestamp;
  readonly mtime: Timestamp;
  /** Two names with the same number are links to one file. */
  readonly ino: number;
  /** Of a device node, else null. */
  readonly device: DeviceNumber | null;
  /** Where a symbolic link points to, else null. */
  readonly target: string | null;
}

/** An extended attribute, by the name that system calls give it. */
export interface Xattr {
  readonly name: string;
  readonly value: Uint8Array;
}

/** An ext4 image that somebody looks into. Whatever cannot be shown is an ImageError. */
export interface ImageView {
  facts(): ImageFacts;
  entry(path: string): ImageEntry;
  /** The names in a directory, sorted; `.` and `..` are not among them. */
  names(path: string): readonly string[];
  /** The bytes of a regular file, piece by piece; symbolic links are followed. */
  content(path: string): Iterable<Uint8Array>;
  /** Pieces of a regular file that are no holes. */
  pieces(path: string): Iterable<FilePiece>;
  /** Where the blocks of a file or directory lie, in order; holes are left out. */
  map(path: string): readonly MappedRun[];
  /** Names of extended attributes; symbolic links are not followed, here and when a value is asked for. */
  xattrNames(path: string): readonly string[];
  xattr(path: string, name: string): Uint8Array;
}

/** What belongs to a file besides its bytes. */
export interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly atime: Timestamp;
  readonly mtime: Timestamp;
}

export type NodeType = 'fifo' | 'socket' | 'character-device' | 'block-device';

/** A new file while it is filled; what is not written is a hole. */
export interface FileWriter {
  write(offset: number, bytes: Uint8Array): void;
  /** The file has this size, in bytes, and is closed. */
  finish(size: number): void;
}

/** An image that somebody changes. It holds what was done when `close` has returned. */
export interface ImageEditor extends ImageView {
  /** What has this name, or null. */
  find(path: string): ImageEntry | null;
  makeDirectory(path: string): void;
  makeFile(path: string): FileWriter;
  makeSymlink(path: string, target: string): void;
  makeLink(existing: string, path: string): void;
  makeNode(path: string, type: NodeType, device: DeviceNumber | null): void;
  remove(path: string): void;
  /** Follows no symbolic link. */
  setAttributes(path: string, attributes: Attributes): void;
  /** Follows no symbolic link. */
  setXattr(path: string, xattr: Xattr): void;
  /** Brings to the disk what is in memory, and forgets it. */
  relieve(): void;
  /** Unmounts. Throws ImageError when not all could be written. */
  close(): void;
}
