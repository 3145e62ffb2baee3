import type { DiskPages } from '../../block/disk-pages.ts';
import type { FileSystemType } from './feature-set.ts';
import type { HashName } from './hash-version.ts';

/** What a new file system shall be; defaults are those of mke2fs -t ext4. */
export interface MkfsOptions {
  /** A multiple of 1024. What is left over after the last whole block, or after the last group, stays unused. */
  readonly sizeBytes: number;
  /** Bytes: 1024, 2048, 4096 ... 65536. */
  readonly blockSize: number;
  /** Where the disk's memory comes from; default its own. */
  readonly pages?: DiskPages | undefined;
  /** Whose features it starts from; default `ext4`. */
  readonly type?: FileSystemType | undefined;
  /** Changes of them, one after the other, as in `mke2fs -O`: a name, `^` and a name to switch it off, or `none`. */
  readonly features?: readonly string[] | undefined;
  /** Bytes: 128, 256, 512 ... blockSize. Default 256. */
  readonly inodeSize?: number | undefined;
  /**
   * Bytes of the device per inode; default by size: 8192 below 3 MiB, 4096 below 512 MiB, 16384 below 4 TiB, 32768 below
   * 16 TiB, else 65536.
   */
  readonly inodeRatio?: number | undefined;
  /** Instead of a ratio: at least so many inodes. */
  readonly inodes?: number | undefined;
  /**
   * A multiple of 8, 256 .. 8 * blockSize; default the most that there can be. With bigalloc it counts clusters, as
   * `mke2fs -g` does.
   */
  readonly blocksPerGroup?: number | undefined;
  /** Bytes of a cluster, a power of two from blockSize on, with bigalloc. Default 16 blocks. */
  readonly clusterSize?: number | undefined;
  /** A power of two: so many groups keep their bitmaps and tables together, with flex_bg. Default 16; 1 for none. */
  readonly groupsPerFlex?: number | undefined;
  /** Bytes of a group descriptor, a power of two from 64 on, with 64bit. Default 64. */
  readonly descriptorSize?: number | undefined;
  /** Blocks of the journal, at least 1024, without those of fast commits; default by size. */
  readonly journalBlocks?: number | undefined;
  /**
   * The log goes on so many blocks before its end, as after an earlier mount (s_head), and at its beginning after those; it begins there
   * by default, as mke2fs makes it.
   */
  readonly logLeft?: number | undefined;
  /** 16 bytes. */
  readonly uuid: Uint8Array;
  /** 16 bytes. */
  readonly hashSeed: Uint8Array;
  /** How directories with an index hash their names (`tune2fs -E hash_alg`); default `half_md4`. */
  readonly hash?: HashName | undefined;
  /** Hashed bytes have no sign, as where char has none; default signed, as mke2fs on x86 makes it. */
  readonly unsignedHash?: boolean | undefined;
  /** Seconds since 1970, for every time of the new file system. */
  readonly now: number;
  /** At most 16 bytes of UTF-8. */
  readonly label?: string | undefined;
  /** Per cent of blocks that only root may use, 0 .. 50; default 5. */
  readonly reservedPercent?: number | undefined;
  /** What the kernel does when it meets an error, `mke2fs -e`; default `continue`. */
  readonly errors?: 'continue' | 'remount-ro' | 'panic' | undefined;
}
