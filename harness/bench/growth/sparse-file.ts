import type { Handle, Operation } from '../../../model/index.ts';
import { DEFAULT_SETUP } from '../../setup.ts';
import type { Growing, Probe } from './growing.ts';

/** Blocks with data, spread over the file; between any two of them is a hole, also in the smallest. */
const PROBES = 64;
const PAGE_BYTES = 4096;

const HANDLE: Handle = 'fd0';

const MIB = 1 << 20;
const SIZES = new Map([
  [MIB, '1 MiB'],
  [1024 * MIB, '1 GiB'],
  [2 ** 40, '1 TiB'],
  // 2^32 - 1 blocks are the most that extents can say.
  [2 ** 44 - PAGE_BYTES, '16 TiB'],
]);

/** One file with the same data, from a MiB to the largest that there is. */
export const GROWING_FILE: Growing = {
  name: 'size of a sparse file',
  sizes: [...SIZES.keys()],
  sizeText: (size) => SIZES.get(size) ?? '',
  setup: () => ({ ...DEFAULT_SETUP, sizeBytes: 64 * MIB }),
  grow: (size) => [
    { op: 'open', as: HANDLE, path: 'f', access: 'read-write', flags: { create: true }, mode: 0o644 },
    { op: 'ftruncate', handle: HANDLE, size },
  ],
  probes: probesIn,
};

function probesIn(size: number): Probe[] {
  const stride = Math.floor(size / PROBES / PAGE_BYTES) * PAGE_BYTES;
  const data = Array.from({ length: PROBES }, (_, index) => index * stride);
  const at = (offset: number) => ({ handle: HANDLE, offset }) as const;
  const content = { seed: 1, length: PAGE_BYTES } as const;
  const writes = data.map((offset): Operation => ({ op: 'pwrite', ...at(offset), content }));
  const reads = (from: number): Operation[] =>
    data.map((offset) => ({ op: 'pread', ...at(offset + from), length: PAGE_BYTES }));
  return [
    { verb: 'write into holes', operations: writes },
    { verb: 'write over', operations: writes },
    { verb: 'read data', operations: reads(0) },
    { verb: 'read holes', operations: reads(2 * PAGE_BYTES) },
    { verb: 'fsync of 64 blocks', operations: [{ op: 'fsync', handle: HANDLE }] },
    {
      verb: 'seek hole and data',
      operations: data.flatMap((offset): Operation[] => [
        { op: 'seek', ...at(offset), whence: 'hole' },
        { op: 'seek', ...at(offset), whence: 'data' },
      ]),
    },
    {
      verb: 'punch',
      operations: data
        .slice(PROBES / 2)
        .map((offset): Operation => ({ op: 'fallocate', mode: 'punch', ...at(offset), length: PAGE_BYTES })),
    },
    {
      verb: 'truncate and extend',
      operations: data
        .slice(0, PROBES / 2)
        .toReversed()
        .flatMap((offset): Operation[] => [
          { op: 'ftruncate', handle: HANDLE, size: offset },
          { op: 'ftruncate', handle: HANDLE, size },
        ]),
    },
  ];
}
