import { NO_FAULTS } from '../../lib/faults.ts';
import type { BufferHead } from '../../buffer/buffer-head.ts';
import { BufferCache } from '../../buffer/buffer-cache.ts';
import { MemoryDisk } from '../../block/memory-disk.ts';
import { assert } from '../../lib/assert.ts';
import { fail } from '../../lib/errno.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { FolioPool } from '../../mm/folio-pool.ts';
import { Scheduler } from '../../sched/scheduler.ts';
import { preempt, type Sleepable } from '../../sched/sleepable.ts';
import type { BlockRun, AllocationRequest } from '../allocation/block-allocator.ts';
import { SystemZones } from '../allocation/block-zones.ts';
import type { DataPath } from '../data/data-path.ts';
import { FreeSpace } from '../allocation/free-space.ts';
import { EXT4_EXTENTS_FL, Inode, S_IFREG } from '../inode/inode.ts';
import type { Geometry, SuperBlock } from '../super/super-block.ts';
import { initExtentTree } from './root.ts';

/** A block-sized bitmap: 0 free, 1 in use. Allocates the first free run at or after the goal, as long as it is whole. */
export class FakeAllocator {
  readonly used: Uint8Array;
  readonly fixed: { readonly zones: SystemZones };
  readonly #space: FreeSpace;
  readonly #cache: BufferCache;
  readonly #blocksPerGroup: number;
  /** Allocations that still succeed before one fails with ENOSPC. */
  failAfter = Infinity;
  /** No run is longer than this. */
  longestRun = Infinity;

  constructor(cache: BufferCache, space: FreeSpace, blocksPerGroup: number, firstFree: number) {
    this.used = new Uint8Array(cache.blocks);
    this.used.fill(1, 0, firstFree);
    this.fixed = { zones: new SystemZones([{ start: 0, length: firstFree }]) };
    this.#space = space;
    this.#cache = cache;
    this.#blocksPerGroup = blocksPerGroup;
  }

  /** What is freed here is free at once. */
  get hasSpareClusters(): boolean {
    return this.#space.free > 0;
  }

  *allocate(handle: FakeHandle, _inode: Inode, request: AllocationRequest): Sleepable<BlockRun> {
    let length = Math.min(request.length, this.longestRun);
    while (length > 0 && !this.#space.has(length, request.useKeptBack)) length >>= 1;
    yield* preempt();
    if (length === 0 || this.failAfter-- <= 0) fail('ENOSPC');
    let start = this.used.indexOf(0, request.goal);
    if (start < 0) start = this.used.indexOf(0);
    if (start < 0) fail('ENOSPC');
    let end = start;
    while (end < start + length && this.used[end] === 0) end++;
    this.used.fill(1, start, end);
    this.#space.free -= end - start;
    this.#charge(handle, start, end - start);
    return { start, length: end - start };
  }

  *free(
    handle: FakeHandle,
    _inode: Inode | null,
    start: number,
    length: number,
    { metadata }: { readonly metadata: boolean },
  ): Sleepable<void> {
    yield* preempt();
    for (let block = start; block < start + length; block++) {
      assert(this.used[block] === 1, () => `block ${block} is freed twice`);
      this.used[block] = 0;
      if (metadata) this.#cache.drop(block);
    }
    this.#space.free += length;
    this.#charge(handle, start, length);
  }

  #charge(handle: FakeHandle, start: number, length: number): void {
    const last = Math.floor((start + length - 1) / this.#blocksPerGroup);
    for (let group = Math.floor(start / this.#blocksPerGroup); group <= last; group++) {
      handle.charge(`bitmap ${group}`);
      handle.charge(`descriptor ${group}`);
    }
  }
}

/** Checks what jbd2 would: access before dirtying, no more blocks than credits, no change that was not announced. */
export class FakeHandle {
  credits: number;
  /** Credits that extend() can still give. */
  spare = 0;
  restarts = 0;
  readonly transaction = { tid: 1 };
  /** Every block as it was when last announced: what a commit of the journal would hold. */
  readonly announced = new Map<BufferHead, Uint8Array>();
  readonly #accessed = new Set<BufferHead>();
  readonly #charged = new Set<string>();
  onRestart: () => void = () => undefined;

  constructor(credits: number) {
    this.credits = credits;
  }

  charge(what: string): void {
    if (this.#charged.has(what)) return;
    this.#charged.add(what);
    assert(this.credits-- > 0, () => `no credit left for ${what}`);
  }

  /** Never: so that every change asks, and the fake can see it. */
  hasWriteAccess(): boolean {
    return false;
  }

  *getWriteAccess(buffer: BufferHead): Sleepable<void> {
    yield* preempt();
    this.#accessed.add(buffer);
  }

  getCreateAccess(buffer: BufferHead): Sleepable<void> {
    return this.getWriteAccess(buffer);
  }

  dirtyMetadata(buffer: BufferHead): void {
    assert(this.#accessed.has(buffer), () => `block ${buffer.block} is dirtied without access`);
    this.charge(`block ${buffer.block}`);
    this.announced.set(buffer, buffer.data.slice());
    buffer.dirty = true;
  }

  hasCredits(blocks: number): boolean {
    return this.credits >= blocks;
  }

  *extend(blocks: number): Sleepable<boolean> {
    if (this.spare < blocks) return false;
    this.spare -= blocks;
    this.credits += blocks;
    return true;
  }

  *restart(blocks: number): Sleepable<void> {
    yield* preempt();
    this.onRestart();
    this.restarts++;
    this.credits = blocks;
    this.#charged.clear();
    this.#accessed.clear();
  }

  *stop(): Sleepable<void> {
    yield* preempt();
  }

  get asHandle(): Handle {
    return this as unknown as Handle;
  }
}

export interface FakeMount {
  readonly sb: SuperBlock;
  readonly inode: Inode;
  readonly allocator: FakeAllocator;
  /** What the next journal.start() gives, or null for one with the credits that are asked for. */
  nextHandle: FakeHandle | null;
  readonly orphans: Set<number>;
  run<T>(body: Sleepable<T>): T;
  newInode(ino: number): Inode;
}

export interface FakeOptions {
  readonly blockSize?: number;
  readonly blocks?: number;
  readonly keptBack?: number;
  readonly scheduler?: Scheduler;
}

const INODE_TABLE = 5;
/** Blocks before this one belong to the file system. */
export const FIRST_FREE = 20;

/** Numbers of a file system as mke2fs would choose them, with few inodes. */
function fakeGeometry(blockSize: number, blocks: number): Geometry {
  const blocksPerGroup = 8 * blockSize;
  return {
    blockSize,
    blockBits: Math.log2(blockSize),
    blocks,
    firstDataBlock: blockSize === 1024 ? 1 : 0,
    blocksPerGroup,
    clusterRatio: 1,
    clustersPerGroup: blocksPerGroup,
    inodesPerGroup: 64,
    inodes: 64,
    firstInode: 11,
    inodeSize: 256,
    groups: Math.ceil(blocks / blocksPerGroup),
    groupsPerFlex: 1,
    descriptorSize: 64,
    inodeTableBlocksPerGroup: 16,
  };
}

/** As much of a mounted file system as extents need, with a journal and an allocator that check their callers. */
export function fakeMount(options: FakeOptions = {}): FakeMount {
  const { blockSize = 1024, blocks = 8192, keptBack = 0, scheduler = new Scheduler() } = options;
  const device = new MemoryDisk(blocks * blockSize);
  const cache = new BufferCache(device, blockSize);
  const freeSpace = new FreeSpace(blocks - FIRST_FREE, keptBack);
  const orphans = new Set<number>();
  const geometry = fakeGeometry(blockSize, blocks);
  const allocator = new FakeAllocator(cache, freeSpace, geometry.blocksPerGroup, FIRST_FREE);
  const start = function* (credits: number): Sleepable<FakeHandle> {
    const handle = mount.nextHandle ?? new FakeHandle(credits);
    mount.nextHandle = null;
    return handle;
  };
  const sb = {
    device,
    scheduler,
    geometry,
    options: { faults: NO_FAULTS },
    features: { compat: 0, incompat: 0, roCompat: 0 },
    checksumSeed: 0x12345678,
    hasChecksums: true,
    cache,
    freeSpace,
    blockAllocator: allocator,
    journal: { start },
    fastCommits: null,
    pool: new FolioPool(),
    inodes: { unsyncedMappings: new Set() },
    orphans: {
      *add(_handle: Handle, inode: Inode): Sleepable<void> {
        orphans.add(inode.ino);
      },
      *remove(_handle: Handle, inode: Inode): Sleepable<void> {
        orphans.delete(inode.ino);
      },
    },
  } as unknown as SuperBlock;
  const newInode = (ino: number): Inode => {
    const offset = (ino - 1) * geometry.inodeSize;
    const tableBlock = INODE_TABLE + Math.floor(offset / blockSize);
    const inode = new Inode({ sb, ino, tableBlock, tableOffset: offset % blockSize }, {} as DataPath);
    inode.mode = S_IFREG | 0o644;
    inode.links = 1;
    inode.flags = EXT4_EXTENTS_FL;
    initExtentTree(inode);
    return inode;
  };
  const mount: FakeMount = {
    sb,
    inode: newInode(12),
    allocator,
    nextHandle: null,
    orphans,
    run: (body) => scheduler.run('test', body),
    newInode,
  };
  return mount;
}
