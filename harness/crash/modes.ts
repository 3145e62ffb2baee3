import type { DurabilityMode } from '../../model/index.ts';
import { hasFeature } from '../format.ts';
import { choiceNamed, compatible, formatOf, type FormatChoice } from '../generate/format-choices.ts';
import { SMALLEST_BYTES, type BlockSize, type Setup, type SetupMount } from '../setup.ts';

/** A way of making and mounting a file system, by the name that the command line has for it. */
export interface CrashMode {
  readonly name: string;
  readonly target: string;
  readonly mount: SetupMount;
  /** What differs in the format; nothing when absent. */
  readonly choice?: FormatChoice;
}

const USUAL: SetupMount = { delalloc: true, dioreadNolock: true, atime: 'noatime' };
const FAST = choiceNamed('fast_commit');
const BIGALLOC = choiceNamed('bigalloc');
const NO_JOURNAL = choiceNamed('no journal');
const INDIRECT = choiceNamed('indirect blocks');

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
  { name: 'fast_commit', target: 'impl:buffer_head', mount: USUAL, choice: FAST },
  { name: 'iomap-fast_commit', target: 'impl:iomap', mount: USUAL, choice: FAST },
  { name: 'bigalloc', target: 'impl:buffer_head', mount: USUAL, choice: BIGALLOC },
  { name: 'iomap-bigalloc', target: 'impl:iomap', mount: USUAL, choice: BIGALLOC },
  { name: 'indirect', target: 'impl:buffer_head', mount: USUAL, choice: INDIRECT },
  { name: 'nojournal', target: 'impl:buffer_head', mount: USUAL, choice: NO_JOURNAL },
  { name: 'iomap-nojournal', target: 'impl:iomap', mount: USUAL, choice: NO_JOURNAL },
];

/**
 * The smallest file system of a mode: each state is mounted, and a small one costs less. `unusual` are choices of the format
 * beside the mode's own, as far as they go with that.
 */
export function setupOf(
  { mount, choice }: CrashMode,
  blockSize: BlockSize,
  unusual: readonly FormatChoice[] = [],
): Setup {
  const format = formatOf(compatible([...(choice === undefined ? [] : [choice]), ...unusual], blockSize));
  return {
    blockSize,
    sizeBytes: hasFeature(format, 'bigalloc') ? 2 * SMALLEST_BYTES[blockSize] : SMALLEST_BYTES[blockSize],
    ...(format !== undefined && { format }),
    writesZeroes: true,
    mount,
  };
}

/** What the oracle has to know of a setup on a target. */
export function durabilityModeOf({ blockSize, format, mount }: Setup, target: string): DurabilityMode {
  const extents = hasFeature(format, 'extent');
  const data = mount.data ?? 'ordered';
  const delalloc = mount.delalloc && data !== 'journal';
  // Other files never take the iomap path (two-paths.md, section 1).
  const mayTakeIomap = extents && !hasFeature(format, 'inline_data') && data !== 'journal';
  const path = mayTakeIomap && target === 'impl:iomap' ? 'iomap' : 'buffer_head';
  return {
    path,
    data,
    journal: hasFeature(format, 'has_journal'),
    delalloc,
    unwrittenFirst: extents && (path === 'iomap' || (mount.dioreadNolock && delalloc)),
    blockBytes: blockSize,
    fastCommit: hasFeature(format, 'fast_commit'),
    bigalloc: hasFeature(format, 'bigalloc'),
  };
}
