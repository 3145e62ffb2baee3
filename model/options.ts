import type { Path, Timestamp } from './operation.ts';

/** A directory that exists when the run starts. */
export interface InitialDirectory {
  /** `.` for the root; otherwise a plain path below a directory that stands earlier in the list. */
  readonly path: Path;
  /** Permission bits, 0 .. 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly atime: Timestamp;
  readonly mtime: Timestamp;
  readonly ctime: Timestamp;
}

export interface ModelOptions {
  /** Bytes. A symbolic link's target must be shorter (ext4_symlink); ENOSPC is judged by whole blocks. */
  readonly blockSizeBytes: number;
  /** The largest file in bytes: what its map reaches, s_maxbytes with extents, s_bitmap_maxbytes with indirect blocks. */
  readonly maxFileBytes: number;
  /** Where a read finds nothing without counting as one: s_maxbytes, at least maxFileBytes. */
  readonly maxReadBytes: number;
  /** The most names of a file, and of subdirectories plus two before a directory stops counting (EXT4_LINK_MAX). */
  readonly linksMax: number;
  /** Whether a directory of too many subdirectories stops counting them; without, one more is EMLINK (dir_nlink). */
  readonly dirNlink: boolean;
  /** 128 or more. Inodes of 128 bytes keep whole seconds up to 2038, and no extended attribute. */
  readonly inodeBytes: number;
  /** Whether a large extended attribute gets an inode of its own (ea_inode). */
  readonly eaInode: boolean;
  /** Whether there is a journal, and so files whose data goes there. */
  readonly journal: boolean;
  /** Whether regular files are mapped by extents; by indirect blocks otherwise (extent). */
  readonly extents: boolean;
  /** Bytes, blockSizeBytes or more: what collapsing and inserting move (bigalloc). */
  readonly clusterBytes: number;
  /** Whether small files may lie in their inodes (inline_data). */
  readonly inlineData: boolean;
  /** Whether what was written gets its place later. */
  readonly delalloc: boolean;
  /** Whether all data goes through the journal (data=journal). */
  readonly journalsData: boolean;
  /** Whether the device writes zeros faster than bytes (FALLOC_FL_WRITE_ZEROES). */
  readonly writeZeroes: boolean;
  /** Whether inodes have project ids (project). */
  readonly projects: boolean;
  /** Whether only what is harmless may get another name by somebody else (fs.protected_hardlinks). */
  readonly protectedHardlinks: boolean;
  /** Whether root has CAP_SYS_RESOURCE, which containers take away: journalled data and reserved blocks need it. */
  readonly rootHasResources: boolean;
  /** Whether root has CAP_SYS_RAWIO: FIBMAP needs it. */
  readonly rootHasRawIo: boolean;
  readonly atime: 'relatime' | 'noatime';
  /** What mke2fs made: the root first, then lost+found and whatever else is there. Link counts follow from it. */
  readonly directories: readonly [InitialDirectory, ...InitialDirectory[]];
}

/** EXT4_LINK_MAX. */
export const EXT4_LINKS_MAX = 65000;

/** s_maxbytes of ext4 with 64-bit file sizes and extents (ext4_max_size). */
export function ext4MaxFileBytes(blockSizeBytes: number): number {
  return (2 ** 32 - 1) * blockSizeBytes;
}

/** What mke2fs and a mount with default options give, all made by root at `time`. */
export function ext4Options(blockSizeBytes: number, time: Timestamp): ModelOptions {
  const made = { uid: 0, gid: 0, atime: time, mtime: time, ctime: time };
  return {
    blockSizeBytes,
    maxFileBytes: ext4MaxFileBytes(blockSizeBytes),
    maxReadBytes: ext4MaxFileBytes(blockSizeBytes),
    linksMax: EXT4_LINKS_MAX,
    dirNlink: true,
    inodeBytes: 256,
    eaInode: false,
    journal: true,
    extents: true,
    clusterBytes: blockSizeBytes,
    inlineData: false,
    delalloc: true,
    journalsData: false,
    writeZeroes: true,
    projects: false,
    protectedHardlinks: false,
    rootHasResources: true,
    rootHasRawIo: true,
    atime: 'relatime',
    directories: [
      { path: '.', mode: 0o755, ...made },
      { path: 'lost+found', mode: 0o700, ...made },
    ],
  };
}
