import type { BlockDevice } from '../../block/block-device.ts';
import type { BufferCache } from '../../buffer/buffer-cache.ts';
import type { BufferHead } from '../../buffer/buffer-head.ts';
import type { FastCommits } from '../fast-commit/fast-commits.ts';
import type { Journaling } from '../../jbd2/journaling.ts';
import { ErrorSequence } from '../../mm/error-sequence.ts';
import type { FolioPool } from '../../mm/folio-pool.ts';
import type { Scheduler } from '../../sched/scheduler.ts';
import { Workqueue } from '../../sched/workqueue.ts';
import { BlockAllocator } from '../allocation/block-allocator.ts';
import type { FixedMetadata } from '../allocation/block-zones.ts';
import { RO_COMPAT, type Features } from './features.ts';
import { maxIndirectBytes } from '../indirect/shape.ts';
import { FreeSpace } from '../allocation/free-space.ts';
import { Freezer } from './freeze.ts';
import { Health } from './health.ts';
import { InodeAllocator } from '../allocation/inode-allocator.ts';
import { wantedExtraSize } from '../inode/extra-size.ts';
import { InodeCache } from '../inode/inode-cache.ts';
import { DirectoryHash } from '../directory/hash/directory-hash.ts';
import { freeBlocks } from '../layout/group-descriptor.ts';
import {
  EXT2_FLAGS_SIGNED_HASH,
  EXT2_FLAGS_UNSIGNED_HASH,
  type RawSuperBlock,
} from '../layout/superblock.ts';
import type { MountOptions } from './mount-options.ts';
import { Orphans } from '../orphan/orphan.ts';
import { XattrCache } from '../xattr/cache.ts';
import type { CheckedSuperBlock } from './check.ts';
import type { Geometry, Group, SuperBlock } from './super-block.ts';
import type { Timestamp } from '../inode/timestamp.ts';

/** What a mount has read and checked before there is a SuperBlock. */
export interface SuperBlockParts {
  readonly device: BlockDevice;
  readonly scheduler: Scheduler;
  readonly options: MountOptions;
  readonly pool: FolioPool;
  readonly cache: BufferCache;
  readonly buffer: BufferHead;
  readonly raw: RawSuperBlock;
  readonly checked: CheckedSuperBlock;
  readonly groups: readonly Group[];
  readonly fixed: FixedMetadata;
  readonly journal: Journaling;
  readonly now: Timestamp;
}

/** Two per cent of all blocks, but not more than this, are kept back (ext4_calculate_resv_clusters). */
const KEPT_BACK_MAX = 4096;

/** Puts the parts of a mounted file system together; each of them finds the others through this. */
export class MountedSuperBlock implements SuperBlock {
  readonly device: BlockDevice;
  readonly scheduler: Scheduler;
  options: MountOptions;
  readonly geometry: Geometry;
  readonly buffer: BufferHead;
  readonly raw: RawSuperBlock;
  readonly groups: readonly Group[];
  readonly features: Features;
  readonly checksumSeed: number;
  readonly hasChecksums: boolean;
  readonly hasGroupChecksums: boolean;
  readonly directoryHash: DirectoryHash;
  readonly cache: BufferCache;
  readonly journal: Journaling;
  fastCommits: FastCommits | null = null;
  readonly pool: FolioPool;
  readonly inodes: InodeCache;
  readonly blockAllocator: BlockAllocator;
  readonly inodeAllocator: InodeAllocator;
  readonly freeSpace: FreeSpace;
  readonly orphans: Orphans;
  readonly xattrCache = new XattrCache();
  readonly conversionWork: Workqueue;
  readonly maxFileBytes: number;
  readonly maxIndirectBytes: number;
  readonly wantedExtraSize: number;
  now: Timestamp;
  readOnly: boolean;
  readonly health: Health;
  readonly freezer: Freezer;
  readonly lostWrites = new ErrorSequence();

  constructor(parts: SuperBlockParts) {
    const { checked, options } = parts;
    const { geometry } = checked;
    this.device = parts.device;
    this.scheduler = parts.scheduler;
    this.options = options;
    this.geometry = geometry;
    this.buffer = parts.buffer;
    this.raw = parts.raw;
    this.groups = parts.groups;
    this.features = checked.features;
    this.checksumSeed = checked.checksumSeed;
    this.hasChecksums = checked.hasChecksums;
    this.hasGroupChecksums = checked.groupChecksum !== null;
    this.directoryHash = directoryHashOf(parts.raw);
    this.cache = parts.cache;
    this.journal = parts.journal;
    this.pool = parts.pool;
    this.now = parts.now;
    this.readOnly = options.readOnly;
    this.health = new Health(this);
    this.freezer = new Freezer(this);
    const hugeFile = (checked.features.roCompat & RO_COMPAT.huge_file) !== 0;
    this.maxFileBytes = maxFileBytes(geometry, hugeFile);
    this.maxIndirectBytes = Math.min(this.maxFileBytes, maxIndirectBytes(geometry.blockSize, hugeFile));
    this.wantedExtraSize = wantedExtraSize(parts.raw, parts.checked.geometry.inodeSize);
    const free = parts.groups.reduce((sum, { raw }) => sum + freeBlocks(raw, geometry.descriptorSize), 0);
    this.freeSpace = new FreeSpace(
      free,
      Math.min(KEPT_BACK_MAX, Math.floor(geometry.blocks / geometry.clusterRatio / 50)),
    );
    this.inodeAllocator = new InodeAllocator(this);
    this.blockAllocator = new BlockAllocator(this, parts.fixed);
    this.orphans = new Orphans(this);
    this.inodes = new InodeCache(this);
    this.conversionWork = new Workqueue(parts.scheduler, 'ext4-rsv-conversion');
  }
}

/**
 * ext4_max_size: logical blocks have 32 bits, and without huge_file i_blocks counts 2^32 - 1 sectors at most.
 */
function maxFileBytes({ blockSize }: Geometry, hugeFile: boolean): number {
  const limit = 2 ** 32 - 1;
  if (hugeFile) return limit * blockSize;
  return Math.floor(limit / (blockSize / 512)) * blockSize;
}

/** Without either flag the bytes of a name have no sign (Linux 6.18.44, whose char is unsigned everywhere). */
const directoryHashOf = (raw: RawSuperBlock): DirectoryHash =>
  new DirectoryHash(raw.hashSeed, raw.defHashVersion, hasUnsignedHash(raw));

/** s_hash_unsigned: a superblock that says both means unsigned. */
const hasUnsignedHash = ({ flags }: RawSuperBlock): boolean =>
  (flags & EXT2_FLAGS_UNSIGNED_HASH) !== 0 || (flags & EXT2_FLAGS_SIGNED_HASH) === 0;
