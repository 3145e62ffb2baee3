import {
  DiskPages,
  FolioPool,
  MemoryDisk,
  mkfs,
  mount,
  RecordingDisk,
  type FileSystem,
} from '../../../generated/impl/index.ts';
import { BASE_SECONDS, type BlockSize } from '../../setup.ts';

/** File systems on devices in memory, mounted to be measured. */

export interface MeasuredMount {
  readonly path: 'buffer_head' | 'iomap';
  readonly sizeBytes: number;
  readonly blockSize: BlockSize;
  readonly delalloc: boolean;
  /** At least so many; the default of mkfs else. */
  readonly inodes?: number;
}

const UUID = new Uint8Array(16).fill(0x35);
const IDENTITY = { uuid: UUID, hashSeed: UUID, now: BASE_SECONDS };
const NOW = { seconds: BASE_SECONDS, nanoseconds: 0 };

/** More than files that are measured need: nobody writes back because memory is short. 1 GiB, of which only what is used exists. */
const POOL_PAGES = 1 << 18;

/** One for each path, for all mounts one after the other: memory that the kernel of this machine must find first is slow. */
const POOLS = { buffer_head: new FolioPool(POOL_PAGES), iomap: new FolioPool(POOL_PAGES) };
const PAGES = new DiskPages();

export function mountMeasured({ path, sizeBytes, blockSize, delalloc, inodes }: MeasuredMount): FileSystem {
  const disk = mkfs({ sizeBytes, blockSize, inodes, ...IDENTITY });
  return mount(disk, { bufferedIomap: path === 'iomap', delalloc, pool: POOLS[path], now: NOW });
}

/** Makes a file system with mkfs' defaults, mounts and unmounts it; answers the milliseconds of each. */
export function madeAndUnmounted(sizeBytes: number): { mkfs: number; mount: number; unmount: number } {
  const begin = performance.now();
  const disk = mkfs({ sizeBytes, blockSize: 4096, ...IDENTITY, pages: PAGES });
  const made = performance.now();
  const fs = mount(disk, { pool: POOLS.iomap, now: NOW });
  const mounted = performance.now();
  fs.unmount();
  disk.release();
  return { mkfs: made - begin, mount: mounted - made, unmount: performance.now() - mounted };
}

const FULL_JOURNAL_BYTES = 256 << 20;
const LOG_BLOCKS = 16_384;

/** A transaction may take a quarter of the log, and a new one begins only where so much is free: it is full before that. */
const FULL_SHARE = 0.7;

/**
 * An image as a power cut leaves it when the log is as full as it gets before blocks are written home: transaction after transaction with a new
 * file in each.
 */
export function fullJournalImage(): MemoryDisk {
  const made = mkfs({
    sizeBytes: FULL_JOURNAL_BYTES,
    blockSize: 4096,
    journalBlocks: LOG_BLOCKS,
    ...IDENTITY,
  });
  const disk = new RecordingDisk(made);
  const fs = mount(disk, { pool: POOLS.iomap, now: NOW });
  const before = disk.writes.length;
  let bytes = 0;
  let seen = before;
  for (let count = 0; bytes < FULL_SHARE * LOG_BLOCKS * 4096; count++) {
    fs.mkdir(`/${count}`);
    fs.sync();
    for (; seen < disk.writes.length; seen++) bytes += disk.writes[seen]?.data.length ?? 0;
  }
  return disk.snapshot();
}

/** Milliseconds until a copy of the image is mounted. */
export function recoveredMs(image: MemoryDisk): number {
  const disk = image.snapshot();
  const begin = performance.now();
  const fs = mount(disk, { pool: POOLS.iomap, now: NOW });
  const ms = performance.now() - begin;
  fs.unmount();
  disk.release();
  return ms;
}
