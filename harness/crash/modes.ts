import type { DurabilityMode } from '../../model/index.ts';
import { hasFeature, type SetupFormat } from '../format.ts';
import { SMALLEST_BYTES, type BlockSize, type Setup, type SetupMount } from '../setup.ts';

/** A way of making and mounting a file system, by the name that the command line has for it. */
export interface CrashMode {
  readonly name: string;
  readonly target: string;
  readonly mount: SetupMount;
  readonly format?: SetupFormat;
}

const USUAL: SetupMount = { delalloc: true, dioreadNolock: true, atime: 'noatime' };
const FAST: SetupFormat = { features: ['fast_commit'] };
const BIGALLOC: SetupFormat = { features: ['bigalloc'] };
const NO_JOURNAL: SetupFormat = { features: ['^has_journal'] };
const INDIRECT: SetupFormat = { features: ['^extent', '^64bit'] };

/** What differs in what may be found after a power cut. */
export const CRASH_MODES: readonly CrashMode[] = [
  { name: 'delalloc', target: 'impl:buffer_head', mount: USUAL },
  { name: 'iomap', target: 'impl:iomap', mount: USUAL },
  { name: 'dioread_lock', target: 'impl:buffer_head', mount: { ...USUAL, dioreadNolock: false } },
  { name: 'nodelalloc', target: 'impl:buffer_head', mount: { ...USUAL, delalloc: false } },
  { name: 'iomap-nodelalloc', target: 'impl:iomap', mount: { ...USUAL, delalloc: false } },
  { name: 'writeback', target: 'impl:buffer_head', mount: { ...USUAL, data: 'writeback' } },
  {
    name: 'writeback-nodelalloc',
    target: 'impl:buffer_head',
    mount: { ...USUAL, delalloc: false, data: 'writeback' },
  },
  { name: 'iomap-writeback', target: 'impl:iomap', mount: { ...USUAL, data: 'writeback' } },
  {
    name: 'journal',
    target: 'impl:buffer_head',
    mount: { ...USUAL, delalloc: false, dioreadNolock: false, data: 'journal' },
  },
  { name: 'fast_commit', target: 'impl:buffer_head', mount: USUAL, format: FAST },
  { name: 'iomap-fast_commit', target: 'impl:iomap', mount: USUAL, format: FAST },
  { name: 'bigalloc', target: 'impl:buffer_head', mount: USUAL, format: BIGALLOC },
  { name: 'iomap-bigalloc', target: 'impl:iomap', mount: USUAL, format: BIGALLOC },
  { name: 'indirect', target: 'impl:buffer_head', mount: USUAL, format: INDIRECT },
  { name: 'nojournal', target: 'impl:buffer_head', mount: USUAL, format: NO_JOURNAL },
  { name: 'iomap-nojournal', target: 'impl:iomap', mount: USUAL, format: NO_JOURNAL },
];

/** The smallest file system of a mode: each state is mounted, and a small one costs less. */
export const setupOf = ({ mount, format }: CrashMode, blockSize: BlockSize): Setup => ({
  blockSize,
  sizeBytes: hasFeature(format, 'bigalloc') ? 2 * SMALLEST_BYTES[blockSize] : SMALLEST_BYTES[blockSize],
  ...(format !== undefined && { format }),
  writesZeroes: true,
  mount,
});

/** What the oracle has to know of a setup on a target. */
export function durabilityModeOf({ blockSize, format, mount }: Setup, target: string): DurabilityMode {
  const path = target === 'impl:iomap' ? 'iomap' : 'buffer_head';
  const extents = hasFeature(format, 'extent');
  const data = mount.data ?? 'ordered';
  const delalloc = mount.delalloc && data !== 'journal';
  return {
    // Such files never take the iomap path (two-paths.md, section 1).
    path: extents && data !== 'journal' ? path : 'buffer_head',
    data,
    journal: hasFeature(format, 'has_journal'),
    delalloc,
    unwrittenFirst: extents && (path === 'iomap' || (mount.dioreadNolock && delalloc)),
    blockBytes: blockSize,
    fastCommit: hasFeature(format, 'fast_commit'),
  };
}
