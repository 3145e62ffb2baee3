/** What a new file system shall be; defaults are those of mke2fs -t ext4. */
export interface MkfsOptions {
  /** A multiple of 1024. What is left over after the last whole block, or after the last group, stays unused. */
  readonly sizeBytes: number;
  readonly blockSize: 1024 | 2048 | 4096;
  /** Bytes: 128, 256, 512 ... blockSize. Default 256. */
  readonly inodeSize?: number;
  /** Bytes of the device per inode; default by size: 8192 below 3 MiB, 4096 below 512 MiB, else 16384. */
  readonly inodeRatio?: number;
  /** Instead of a ratio: at least so many inodes. */
  readonly inodes?: number;
  /** Blocks of the journal, at least 1024; default by size. 0 for no journal. */
  readonly journalBlocks?: number;
  /** 16 bytes. */
  readonly uuid: Uint8Array;
  /** 16 bytes. */
  readonly hashSeed: Uint8Array;
  /** Seconds since 1970, for every time of the new file system. */
  readonly now: number;
  /** At most 16 bytes of UTF-8. */
  readonly label?: string;
  /** Per cent of blocks that only root may use, 0 .. 50; default 5. */
  readonly reservedPercent?: number;
  /** The feature orphan_file; default false. */
  readonly orphanFile?: boolean;
  /** The feature metadata_csum; default true. */
  readonly metadataChecksums?: boolean;
  /** The feature 64bit, and with it descriptors of 64 bytes; default true. */
  readonly sixtyFourBit?: boolean;
}
