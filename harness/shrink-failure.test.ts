import { expect, test } from 'vitest';
import type { Operation } from '../model/index.ts';
import { optionsFor } from './drive-options.fixture.ts';
import { DEFAULT_SETUP, type Setup } from './setup.ts';
import { shrinkFailure } from './shrink-failure.ts';
import { allTargets } from './targets/all.ts';

const open: Operation = {
  op: 'open',
  as: 'fd0',
  path: 'a',
  access: 'read-write',
  flags: { create: true },
  mode: 0o644,
};
const truncate: Operation = { op: 'truncate', path: 'a', size: 0 };

const write = (length: number): Operation => ({
  op: 'pwrite',
  handle: 'fd0',
  offset: 0,
  content: { seed: 1, length },
});

/** Everything about it is unusual, and the device fails long after all is over. */
const UNUSUAL: Setup = {
  blockSize: 1024,
  sizeBytes: 32 << 20,
  inodes: 16,
  format: { maker: 'mke2fs', features: ['orphan_file', '^64bit'], inodeSize: 512 },
  inspectEvery: 8,
  writesZeroes: true,
  trouble: { writes: { from: 100_000, to: 1_000_000 }, operationsAfter: 3 },
  mount: { delalloc: true, dioreadNolock: false, atime: 'relatime' },
};

const shrunkWith = async (setup: Setup, fault: string, operations: readonly Operation[]) => {
  const told: Setup[] = [];
  const shrunk = await shrinkFailure(
    setup,
    operations,
    { ...optionsFor(allTargets()), faults: [fault] },
    {
      budgetRuns: 2000,
      budgetMs: 60_000,
      signal: new AbortController().signal,
      onSmaller: (smaller) => void told.push(smaller.setup),
    },
  );
  return { shrunk, told };
};

test('a file system becomes the usual one, on a device that is well, where the failure does not need another', async () => {
  const operations: Operation[] = [{ op: 'mkdir', path: 'd', mode: 0o755 }, open, write(9000), truncate];
  const { shrunk, told } = await shrunkWith(UNUSUAL, 'truncate-leaks-reservation', operations);
  expect(shrunk?.setup).toEqual(DEFAULT_SETUP);
  expect(shrunk?.operations).toEqual([open, write(1), truncate]);
  expect(told.at(-1)).toEqual(DEFAULT_SETUP);
});

test('what the failure needs of a file system stays', async () => {
  const operations: Operation[] = [
    open,
    { op: 'fallocate', handle: 'fd0', mode: 'allocate', offset: 0, length: 4096 },
    { op: 'pwrite', handle: 'fd0', offset: 1024, content: { seed: 1, length: 1024 } },
    { op: 'seek', handle: 'fd0', offset: 1024, whence: 'hole' },
  ];
  const setup = { ...UNUSUAL, inspectEvery: 20 };
  const { shrunk } = await shrunkWith(setup, 'seek-ignores-offset-in-folio', operations);
  expect(shrunk?.setup).toEqual({ ...DEFAULT_SETUP, blockSize: 1024 });
});
