import type { FallocateMode, OpenFlags, Operation, RwfFlag } from '../../../model/index.ts';
import { DEFAULT_SETUP, type BlockSize, type Setup, type SetupMount } from '../../setup.ts';

/** Words for the smallest sequences: one file `f` behind one descriptor, and one shared mapping of its first pages. */

const HANDLE = 'fd0';
const PAGE_BYTES = 4096;

export const KIB = 1024;

/** Formats that some bugs need. */
export const CLUSTERS: Partial<Setup> = { format: { features: ['bigalloc'], clusterSize: 16 * KIB } };
export const INDIRECT: Partial<Setup> = { format: { features: ['^64bit', '^extent'] } };

/** The first write that reaches the device fails. */
const FIRST_WRITE = { writes: { from: 0, to: 1 } };

export const setupWith = (
  blockSize: BlockSize,
  mount: Partial<SetupMount> = {},
  rest: Partial<Setup> = {},
): Setup => ({
  ...DEFAULT_SETUP,
  ...rest,
  blockSize,
  mount: { ...DEFAULT_SETUP.mount, ...mount },
});

export const FAILING: Setup = { ...setupWith(4096), trouble: FIRST_WRITE };

export const open = (flags: OpenFlags = {}): Operation => ({
  op: 'open',
  as: HANDLE,
  path: 'f',
  access: 'read-write',
  flags: { create: true, ...flags },
  mode: 0o644,
});

let seeds = 0;

export const write = (
  offset: number,
  length: number,
  how: { readonly faultAt?: number; readonly rwf?: readonly RwfFlag[] } = {},
): Operation => ({ op: 'pwrite', handle: HANDLE, offset, content: { seed: ++seeds, length }, ...how });

export const size = (bytes: number): Operation => ({ op: 'ftruncate', handle: HANDLE, size: bytes });

export const place = (mode: FallocateMode, offset: number, length: number): Operation => ({
  op: 'fallocate',
  handle: HANDLE,
  mode,
  offset,
  length,
});

export const map = (pages: number): Operation => ({
  op: 'mmap',
  as: 'map0',
  handle: HANDLE,
  offset: 0,
  length: pages * PAGE_BYTES,
  sharing: 'shared',
  access: 'read-write',
});

export const store = (offset: number, length: number): Operation => ({
  op: 'store',
  mapping: 'map0',
  offset,
  content: { seed: ++seeds, length },
});

export const seek = (offset: number, whence: 'data' | 'hole'): Operation => ({
  op: 'seek',
  handle: HANDLE,
  offset,
  whence,
});

export const SYNC: Operation = { op: 'fsync', handle: HANDLE };
export const DROP: Operation = { op: 'drop-caches' };
