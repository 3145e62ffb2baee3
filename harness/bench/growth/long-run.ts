import type { Handle, Operation, Path } from '../../../model/index.ts';
import { DEFAULT_SETUP } from '../../setup.ts';
import type { Growing } from './growing.ts';

const HANDLE: Handle = 'fd0';
const NAMES = 50;
const ROUNDS_OF_A_PROBE = 40;
const CONTENT = { seed: 1, length: 10_000 } as const;

/** A file that is made, written, read, cut, synced, renamed and removed: ten operations. */
function cycle(number: number): Operation[] {
  const path: Path = `f${number % NAMES}`;
  const renamed: Path = `g${number % NAMES}`;
  return [
    { op: 'open', as: HANDLE, path, access: 'read-write', flags: { create: true }, mode: 0o644 },
    { op: 'pwrite', handle: HANDLE, offset: 0, content: CONTENT },
    { op: 'pwrite', handle: HANDLE, offset: 50_000, content: CONTENT },
    { op: 'pread', handle: HANDLE, offset: 5_000, length: 50_000 },
    { op: 'ftruncate', handle: HANDLE, size: 55_000 },
    { op: 'fsync', handle: HANDLE },
    { op: 'close', handle: HANDLE },
    { op: 'rename', from: path, to: renamed },
    { op: 'stat', path: renamed },
    { op: 'unlink', path: renamed },
  ];
}

const CYCLE_OPERATIONS = cycle(0).length;

/** What one mount has done before, up to so many operations. */
export const growingRun = (operations: number): Growing => ({
  name: 'length of a run',
  sizes: [1_000, 10_000, 100_000].filter((size) => size <= operations),
  sizeText: (size) => `after ${size.toLocaleString('en-US')} operations`,
  setup: () => ({ ...DEFAULT_SETUP, sizeBytes: 64 << 20 }),
  *grow(size) {
    for (let number = 0; number * CYCLE_OPERATIONS < size; number++) yield* cycle(number);
  },
  probes: () => [
    {
      verb: 'the life of a file',
      operations: Array.from({ length: ROUNDS_OF_A_PROBE }, (_, number) => cycle(number)).flat(),
    },
  ],
});
