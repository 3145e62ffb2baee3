import type { BlockDevice } from '../../block/block-device.ts';
import type { BufferCache } from '../../buffer/buffer-cache.ts';
import type { BufferHead } from '../../buffer/buffer-head.ts';
import type { FastCommits } from '../fast-commit/fast-commits.ts';
import type { Journaling } from '../../jbd2/journaling.ts';
import type { ErrorSequence } from '../../mm/error-sequence.ts';
import type { FolioPool } from '../../mm/folio-pool.ts';
import type { Scheduler } from '../../sched/scheduler.ts';
import type { Workqueue } from '../../sched/workqueue.ts';
import type { BlockAllocator } from '../allocation/block-allocator.ts';
import type { InodeAllocator } from '../allocation/inode-allocator.ts';
import type { DirectoryHash } from '../directory/hash/directory-hash.ts';
import type { InodeCache } from '../inode/inode-cache.ts';
import type { RawSuperBlock } from '../layout/superblock.ts';
import type { RawGroupDescriptor } from '../layout/group-descriptor.ts';
import type { Freezer } from './freeze.ts';
import type { Health } from './health.ts';
import type { MountOptions } from './mount-options.ts';
import type { Orphans } from '../orphan/orphan.ts';
import type { FreeSpace } from '../allocation/free-space.ts';
import type { Timestamp } from '../inode/timestamp.ts';
import type { XattrCache } from '../xattr/cache.ts';

/** The immutable numbers of a file system, read once at mount (the constant part of struct ext4_sb_info). */
export interface Geometry {
  /** Bytes: 1024 .. 65536. */
  readonly blockSize: number;
  /** log2 of blockSize. */
  readonly blockBits: number;
  readonly blocks: number;
  /** 1 with blocks of 1024 bytes, else 0. */
  readonly firstDataBlock: number;
  readonly blocksPerGroup: number;
  /** Blocks of a cluster, what one bit of a block bitmap stands for: a power of two, 1 without bigalloc (s_cluster_ratio). */
  readonly clusterRatio: number;
  readonly clustersPerGroup: number;
  readonly inodesPerGroup: number;
  readonly inodes: number;
  /** First inode that is not reserved, usually 11. */
  readonly firstInode: number;
  /** Bytes: 128 .. blockSize. */
  readonly inodeSize: number;
  readonly groups: number;
  /** Groups of a flex group, whose bitmaps and tables lie together: a power of two, 1 without flex_bg (s_log_groups_per_flex). */
  readonly groupsPerFlex: number;
  /** Bytes: 32, or 64 with the 64bit feature. */
  readonly descriptorSize: number;
  readonly inodeTableBlocksPerGroup: number;
}

/** A group descriptor where it lies in its block. */
export interface Group {
  readonly number: number;
  readonly buffer: BufferHead;
  readonly raw: RawGroupDescriptor;
}

/**
 * A mounted ext4 (struct super_block and ext4_sb_info in one). It is the root of everything in memory; the parts hang
 * off it and know it, but not each other.
 */
export interface SuperBlock {
  readonly device: BlockDevice;
  readonly scheduler: Scheduler;
  /** Another object after a remount with other options. */
  options: MountOptions;
  readonly geometry: Geometry;
  /** The superblock's buffer and the structure in it. */
  readonly buffer: BufferHead;
  readonly raw: RawSuperBlock;
  readonly groups: readonly Group[];
  /** Feature bits as found at mount. */
  readonly features: { readonly compat: number; readonly incompat: number; readonly roCompat: number };
  /** Register that every metadata checksum starts from (s_csum_seed); meaningful when hasChecksums. */
  readonly checksumSeed: number;
  /** metadata_csum is on. */
  readonly hasChecksums: boolean;
  /** metadata_csum or uninit_bg is on: the flags of descriptors and their unused inodes mean something. */
  readonly hasGroupChecksums: boolean;
  /** How directories hash their names. */
  readonly directoryHash: DirectoryHash;
  readonly cache: BufferCache;
  readonly journal: Journaling;
  /** With the feature fast_commit: whoever changes something tells it (fast-commit/tracker.ts); else null. */
  fastCommits: FastCommits | null;
  readonly pool: FolioPool;
  readonly inodes: InodeCache;
  readonly blockAllocator: BlockAllocator;
  readonly inodeAllocator: InodeAllocator;
  readonly freeSpace: FreeSpace;
  readonly orphans: Orphans;
  readonly xattrCache: XattrCache;
  /** Finishes writes that need a handle: conversion of unwritten extents, i_disksize (rsv_conversion_wq). */
  readonly conversionWork: Workqueue;
  /** Bytes: the largest size of a file with extents (s_maxbytes). */
  readonly maxFileBytes: number;
  /** Bytes: the largest size of a file with indirect blocks (s_bitmap_maxbytes). */
  readonly maxIndirectBytes: number;
  /** The caller's clock: set before each system call. */
  now: Timestamp;
  /** Bytes behind byte 128 that the fields of an inode take (s_want_extra_isize). */
  readonly wantedExtraSize: number;
  /** How it is mounted; false for a moment while a read-only mount finishes with orphans. */
  readOnly: boolean;
  readonly health: Health;
  readonly freezer: Freezer;
  /** Writes of any file that were lost, for syncfs (s_wb_err). */
  readonly lostWrites: ErrorSequence;
}
