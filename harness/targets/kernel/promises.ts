import type { OperationName } from '../../../model/index.ts';
import type { Uncompared } from '../../target.ts';
import type { OperationPart } from '../../unperformed.ts';

/**
 * Of what other file systems promise the same as ext4, everything is compared: contents, names, attributes and errnos. This is the
 * list of what is not, reviewed one by one.
 */
export interface Exception {
  readonly of: readonly (OperationName | OperationPart | Uncompared)[];
  readonly on: readonly FileSystemName[];
  readonly reason: string;
  /** Where that can be looked up. */
  readonly source: string;
}

/** By statfs(2); `other` is whatever has no line of its own. */
export type FileSystemName = 'ext4' | 'xfs' | 'btrfs' | 'tmpfs' | 'other';

const BUT_EXT4 = ['xfs', 'btrfs', 'tmpfs', 'other'] as const;

const EXCEPTIONS: readonly Exception[] = [
  {
    of: ['times'],
    on: ['xfs', 'btrfs'],
    reason:
      'when fallocate, a truncation to the same size, or a failed call stamps a file is left to the file system, and so is which directories a rename stamps',
    source:
      'POSIX.1-2017, 4.9 File Times Update; fs/xfs/xfs_file.c and fs/btrfs/file.c beside fs/ext4/extents.c',
  },
  {
    of: ['directory links'],
    on: ['btrfs', 'other'],
    reason: 'a directory has one link, however many subdirectories it has',
    source: 'fs/btrfs/inode.c: the only set_nlink of a directory is to 1; find(1), -noleaf',
  },
  {
    of: ['lsattr', 'chattr', 'set-project'],
    on: BUT_EXT4,
    reason: 'every file system has flags of its own, and its own rules of who inherits which',
    source: 'ioctl_iflags(2); fs/xfs/xfs_ioctl.c, fs/btrfs/ioctl.c',
  },
  {
    of: ['move-extent'],
    on: BUT_EXT4,
    reason: 'the ioctl is of ext4',
    source: 'fs/ext4/ioctl.c, EXT4_IOC_MOVE_EXT',
  },
  {
    of: ['fiemap', 'bmap', 'seek data'],
    on: BUT_EXT4,
    reason: "where blocks lie, and what of preallocated space counts as a hole, is everybody's own affair",
    source: 'lseek(2), SEEK_HOLE; Documentation/filesystems/fiemap.rst',
  },
  {
    of: ['times'],
    on: ['tmpfs'],
    reason: 'reading nothing stamps a file, and so do other calls that leave it as it is',
    source: 'mm/shmem.c, shmem_file_read_iter: file_accessed without a look at how much was read',
  },
  {
    of: ['store'],
    on: ['tmpfs'],
    reason:
      'what was stored behind the end, in the last page, is there when the file grows: POSIX leaves that open, disks keep zeros',
    source: 'mmap(2), NOTES; mm/shmem.c zeroes nothing when a file grows; seen on 6.18.44',
  },
  {
    of: ['trim'],
    on: BUT_EXT4,
    reason: 'how much a file system trims, and in which units, it decides itself',
    source: 'fstrim(8), --minimum',
  },
  {
    of: ['reconfigure'],
    on: ['xfs', 'btrfs', 'other'],
    reason: 'what is changed are mount options of ext4',
    source: 'ext4(5)',
  },
  {
    of: ['rwf'],
    on: ['xfs', 'btrfs', 'tmpfs', 'other'],
    reason:
      'which flags are known differs: buffered writes take RWF_NOWAIT on xfs and btrfs, RWF_DONTCACHE came with different releases',
    source: 'preadv2(2); FMODE_NOWAIT in fs/xfs/xfs_file.c and fs/btrfs/file.c, FOP_DONTCACHE',
  },
  {
    of: ['open direct'],
    on: ['xfs', 'btrfs', 'tmpfs', 'other'],
    reason:
      'what must be aligned to what differs, and whether what is not aligned is refused (xfs) or goes through the page cache (btrfs)',
    source: 'open(2), O_DIRECT; fs/xfs/xfs_file.c, fs/btrfs/direct-io.c',
  },
  {
    of: ['fault'],
    on: ['xfs', 'btrfs', 'other'],
    reason: 'how much is written of memory that ends half-way depends on how large folios are',
    source: 'fs/iomap/buffered-io.c, iomap_write_iter; fs/btrfs/file.c',
  },
  {
    of: ['setxattr'],
    on: BUT_EXT4,
    reason:
      'how large a value may be, and what says so, differs: a block of ext4 (ENOSPC), 64 KiB of xfs (E2BIG), a leaf of btrfs (ENOSPC); tmpfs keeps user attributes since 6.6 only',
    source: 'xattr(7), Filesystem differences',
  },
  {
    of: ['fallocate collapse', 'fallocate insert'],
    on: ['btrfs', 'tmpfs', 'other'],
    reason: 'these modes are refused with EOPNOTSUPP',
    source: 'fallocate(2), FALLOC_FL_COLLAPSE_RANGE and FALLOC_FL_INSERT_RANGE; fs/btrfs/file.c',
  },
  {
    of: ['fallocate zero'],
    on: ['tmpfs', 'other'],
    reason: 'it is refused with EOPNOTSUPP',
    source: 'mm/shmem.c, shmem_fallocate: FALLOC_FL_KEEP_SIZE and FALLOC_FL_PUNCH_HOLE are all it knows',
  },
  {
    of: ['fallocate write-zeroes'],
    on: BUT_EXT4,
    reason: 'the mode is of ext4 and block devices only',
    source: 'commit f4265b8d32c49ff95711e6fef7d05245a2905b30 of 6.17',
  },
  {
    of: ['fallocate'],
    on: ['other'],
    reason: 'nobody knows what it has of it',
    source: 'fallocate(2)',
  },
];

const COMPARISONS: readonly Uncompared[] = ['times', 'directory links'];
const isComparison = (what: string): what is Uncompared => COMPARISONS.some((one) => one === what);

const exceptionsOf = (name: FileSystemName): Exception['of'] =>
  EXCEPTIONS.filter(({ on }) => on.includes(name)).flatMap(({ of }) => of);

/** What is not asked of this file system. */
export const unaskedOf = (name: FileSystemName): readonly (OperationName | OperationPart)[] =>
  exceptionsOf(name).filter((what): what is OperationName | OperationPart => !isComparison(what));

/** What of its answers is not compared. */
export const uncomparedOf = (name: FileSystemName): ReadonlySet<Uncompared> =>
  new Set(exceptionsOf(name).filter(isComparison));
