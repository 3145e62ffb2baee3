import type { ModelOptions } from '../../../model/index.ts';
import { findProgram, runSync } from '../../process.ts';
import { BASE_SECONDS, type Setup } from '../../setup.ts';
import { TargetUnavailable, type DiskImage } from '../../target.ts';
import type { FileSystemKind } from './file-systems.ts';
import { madeIn } from './made-image.ts';

/**
 * File systems that are not ext4, for what they promise the same (promises.ts). Of a setup they take the size of blocks and
 * access times; features and other mount options are ext4's.
 */

const TIME = { seconds: BASE_SECONDS, nanoseconds: 0 };
const ROOT_MODE = 0o755;

/** s_maxbytes, MAX_LFS_FILESIZE. */
const FILE_BYTES_MAX = 2 ** 63;

/** No limits of files but those of the kernel. */
export const LIMITS_OF_THE_KERNEL: Partial<ModelOptions> = {
  maxReadBytes: FILE_BYTES_MAX,
  maxIndirectBytes: FILE_BYTES_MAX,
};

/** A root and nothing in it. */
const PLAIN: Partial<ModelOptions> = {
  ...LIMITS_OF_THE_KERNEL,
  journal: true,
  extents: true,
  inlineData: false,
  delalloc: true,
  dax: false,
  journalsData: false,
  directories: [{ path: '.', mode: ROOT_MODE, uid: 0, gid: 0, atime: TIME, mtime: TIME, ctime: TIME }],
};

/** XFS_SYMLINK_MAXLEN: what a symbolic link says must be shorter. */
const XFS_SYMLINK_BYTES = 1024;

/** mkfs.xfs makes nothing smaller than 300 MB. */
const XFS_BYTES_MIN = 320 << 20;

export const XFS: FileSystemKind = {
  type: 'xfs',
  traits: { ...PLAIN, blockSizeBytes: XFS_SYMLINK_BYTES },
  wholeSeconds: () => false,
  make: ({ blockSize, sizeBytes }) =>
    made('mkfs.xfs', 'xfsprogs', ['-q', '-f', '-b', `size=${blockSize}`], Math.max(sizeBytes, XFS_BYTES_MIN)),
  mountWords: ({ mount }) => [mount.atime, 'nouuid'],
};

/** mkfs.btrfs needs 109 MiB. */
const BTRFS_BYTES_MIN = 256 << 20;

/** The size of a page, which every kernel takes. */
const BTRFS_SECTOR_BYTES = 4096;

export const BTRFS: FileSystemKind = {
  type: 'btrfs',
  traits: PLAIN,
  wholeSeconds: () => false,
  make: ({ blockSize, sizeBytes }: Setup) => {
    if (blockSize !== BTRFS_SECTOR_BYTES)
      throw new TargetUnavailable(`btrfs has blocks of ${BTRFS_SECTOR_BYTES} bytes, not ${blockSize}`);
    return made('mkfs.btrfs', 'btrfs-progs', ['-q', '-f'], Math.max(sizeBytes, BTRFS_BYTES_MIN));
  },
  mountWords: ({ mount }) => [mount.atime],
};

function made(name: string, debianPackage: string, words: readonly string[], sizeBytes: number): DiskImage {
  const program = findProgram(name);
  if (program === null) throw new TargetUnavailable(`${name} is not installed: install ${debianPackage}`);
  return madeIn(sizeBytes, (path) => {
    const { exitCode, stderr } = runSync(program, [...words, path], {});
    if (exitCode !== 0) throw new TargetUnavailable(`${name}: ${stderr.trim()}`);
  });
}
