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

/** Of a file system and its machine, what answers depend on. */
export interface ModelOptions {
  /** Bytes. A symbolic link's target must be shorter (ext4_symlink); ENOSPC is judged by whole blocks. */
  readonly blockSizeBytes: number;
  /** The largest file in bytes with extents, and where a read finds nothing without counting as one (s_maxbytes). */
  readonly maxReadBytes: number;
  /** The largest file in bytes with indirect blocks: what they reach, maxReadBytes or less (s_bitmap_maxbytes). */
  readonly maxIndirectBytes: number;
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
  /** Whether space is given away in clusters, be they of one block: nothing trades places then (bigalloc). */
  readonly bigalloc: boolean;
  /** Bytes, blockSizeBytes or more: what collapsing and inserting move (bigalloc). */
  readonly clusterBytes: number;
  /** Whether small files may lie in their inodes (inline_data). */
  readonly inlineData: boolean;
  /** Whether what was written gets its place later. */
  readonly delalloc: boolean;
  /** Whether the bytes of regular files are touched where they lie on the device (dax). */
  readonly dax: boolean;
  /** Whether all data goes through the journal (data=journal). */
  readonly journalsData: boolean;
  /** Whether the device writes zeros faster than bytes (FALLOC_FL_WRITE_ZEROES). */
  readonly writeZeroes: boolean;
  /** Whether the kernel has transfers that leave nothing in the page cache (RWF_DONTCACHE). */
  readonly uncachedIo: boolean;
  /** Whether inodes have project ids (project). */
  readonly projects: boolean;
  /** Whether only what is harmless may get another name by somebody else (fs.protected_hardlinks). */
  readonly protectedHardlinks: boolean;
  /** Whether root has CAP_SYS_RESOURCE, which containers take away: journalled data and reserved blocks need it. */
  readonly rootHasResources: boolean;
  /** Whether root has CAP_SYS_RAWIO: FIBMAP needs it. */
  readonly rootHasRawIo: boolean;
  readonly atime: 'relatime' | 'noatime';
  /** Whether stamps come from a clock that goes on by itself: operations that were told different seconds may share one on it. */
  readonly ownClock: boolean;
  /** What mke2fs made: the root first, then lost+found and whatever else is there. Link counts follow from it. */
  readonly directories: readonly [InitialDirectory, ...InitialDirectory[]];
}

/** EXT4_LINK_MAX. */
export const EXT4_LINKS_MAX = 65000;

/** s_maxbytes of ext4 with 64-bit file sizes and extents (ext4_max_size). */
export function ext4MaxFileBytes(blockSizeBytes: number): number {
  return (2 ** 32 - 1) * blockSizeBytes;
}

/**
 * s_bitmap_maxbytes, where a file may have so many blocks, its indirect ones included: 2^48 - 1, or with a small counter
 * (without huge_file) 2^32 - 1 sectors (ext4_max_bitmap_size).
 */
export function ext4MaxIndirectBytes(blockSizeBytes: number, blocksMax: number): number {
  const pointers = blockSizeBytes / 4;
  const indirect = 1 + (1 + pointers) + (1 + pointers + pointers ** 2);
  const reached = 12 + pointers + pointers ** 2 + pointers ** 3;
  if (reached + indirect <= blocksMax) return reached * blockSizeBytes;
  // Limited by the counter: all of it but the indirect blocks that as many blocks need.
  const beyond = blocksMax - 12 - pointers;
  if (beyond < pointers ** 2) return (blocksMax - 2 - Math.ceil(beyond / pointers)) * blockSizeBytes;
  const inTriple = beyond - pointers ** 2;
  const needed = 3 + pointers + Math.ceil(inTriple / pointers) + Math.ceil(inTriple / pointers ** 2);
  return (blocksMax - needed) * blockSizeBytes;
}

/** The size in bytes that a new file may grow to. */
export const maxFileBytesOf = ({ extents, maxReadBytes, maxIndirectBytes }: ModelOptions): number =>
  extents ? maxReadBytes : maxIndirectBytes;

/** What mke2fs and a mount with default options give, all made by root at `time`. */
export function ext4Options(blockSizeBytes: number, time: Timestamp): ModelOptions {
  const made = { uid: 0, gid: 0, atime: time, mtime: time, ctime: time };
  return {
    blockSizeBytes,
    maxReadBytes: ext4MaxFileBytes(blockSizeBytes),
    maxIndirectBytes: Math.min(
      ext4MaxFileBytes(blockSizeBytes),
      ext4MaxIndirectBytes(blockSizeBytes, Infinity),
    ),
    linksMax: EXT4_LINKS_MAX,
    dirNlink: true,
    inodeBytes: 256,
    eaInode: false,
    journal: true,
    extents: true,
    bigalloc: false,
    clusterBytes: blockSizeBytes,
    inlineData: false,
    delalloc: true,
    dax: false,
    journalsData: false,
    writeZeroes: true,
    uncachedIo: true,
    projects: false,
    protectedHardlinks: false,
    rootHasResources: true,
    rootHasRawIo: true,
    atime: 'relatime',
    ownClock: false,
    directories: [
      { path: '.', mode: 0o755, ...made },
      { path: 'lost+found', mode: 0o700, ...made },
    ],
  };
}
