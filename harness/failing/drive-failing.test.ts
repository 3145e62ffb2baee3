import { expect, test } from 'vitest';
import type { Operation, Outcome } from '../../model/index.ts';
import { optionsFor } from '../drive-options.fixture.ts';
import { runCase } from '../drive.ts';
import { DEFAULT_SETUP, type DeviceTrouble } from '../setup.ts';
import { allTargets, targetsNamed } from '../targets/all.ts';

const OPERATIONS: readonly Operation[] = [
  { op: 'open', as: 'fd0', path: 'a', access: 'read-write', flags: { create: true }, mode: 0o644 },
  { op: 'pwrite', handle: 'fd0', offset: 0, content: { seed: 1, length: 5000 } },
  { op: 'fsync', handle: 'fd0' },
  { op: 'rename', from: 'a', to: 'b' },
  { op: 'lstat', path: 'b' },
];

const NEVER = { from: 1e9, to: 2e9 };

const setupWith = (trouble: DeviceTrouble) => ({ ...DEFAULT_SETUP, trouble });

test('until a transfer fails all is as ever; from then on calls answer, and nothing breaks', async () => {
  const answers: Outcome[] = [];
  const options = {
    ...optionsFor(allTargets()),
    onOutcome: (_op: Operation, _expected: Outcome, _who: unknown, given: readonly unknown[]) =>
      void answers.push(...(given as Outcome[])),
  };
  const result = await runCase(setupWith({ writes: { from: 0, to: 1e9 } }), OPERATIONS, options);
  expect(result).toEqual({ verdict: { kind: 'holds' }, executed: OPERATIONS.length });
  // Both paths: the first two calls, and the fsync that fails.
  const said = answers.map((answer) => (answer.ok ? 'ok' : answer.errno));
  expect(said).toEqual(['ok', 'ok', 'EIO', 'ok', 'ok', 'EIO']);
});

test('what is wrong before the first failure is found', async () => {
  const options = { ...optionsFor(allTargets()), faults: ['rename-forgets-ctime'] };
  const { verdict } = await runCase(setupWith({ reads: NEVER }), OPERATIONS, options);
  expect(verdict).toMatchObject({ kind: 'fails', failure: { kind: 'result', operation: 'lstat' } });
});

test('a failure is where it is in the case, behind operations that are left out as well', async () => {
  const options = { ...optionsFor(allTargets()), faults: ['rename-forgets-ctime'] };
  const all: readonly Operation[] = [{ op: 'remount' }, { op: 'freeze' }, ...OPERATIONS];
  const { verdict } = await runCase(setupWith({ reads: NEVER }), all, options);
  expect(verdict).toMatchObject({ kind: 'fails', failure: { operation: 'lstat', step: all.length - 1 } });
});

test('a read that fails halfway is no write that was lost', async () => {
  const operations: readonly Operation[] = [
    ...OPERATIONS.slice(0, 1),
    { op: 'pwrite', handle: 'fd0', offset: 0, content: { seed: 1, length: 8192 } },
    { op: 'fsync', handle: 'fd0' },
    { op: 'drop-caches', what: 'pages' },
    { op: 'pwrite', handle: 'fd0', offset: 0, content: { seed: 2, length: 4096 } },
    { op: 'readahead', handle: 'fd0', offset: 4096, length: 4096 },
  ];
  for (let from = 0; from < 12; from++) {
    const { verdict } = await runCase(
      setupWith({ reads: { from, to: 1e9 } }),
      operations,
      optionsFor(allTargets()),
    );
    expect(verdict).toEqual({ kind: 'holds' });
  }
});

test('whoever opens a file of which something was lost is told, unless it has left memory since', async () => {
  const lost: readonly Operation[] = [
    ...OPERATIONS.slice(0, 2),
    { op: 'close', handle: 'fd0' },
    { op: 'sync' },
    { op: 'lstat', path: 'a' },
  ];
  const options = optionsFor(allTargets());
  const told = { ...options, faults: ['opener-misses-lost-write'] };
  // The very first transfer is of the data.
  const setup = setupWith({ writes: { from: 0, to: 1 } });
  expect((await runCase(setup, lost, options)).verdict).toEqual({ kind: 'holds' });
  expect((await runCase(setup, lost, told)).verdict).toMatchObject({
    kind: 'fails',
    failure: { operation: 'fsync', detail: 'fsync answers ok, and a write was lost' },
  });
  const forgotten: readonly Operation[] = [...lost, { op: 'drop-caches', what: 'inodes' }];
  expect((await runCase(setup, forgotten, told)).verdict).toEqual({ kind: 'holds' });
});

test('whoever opens a file of which something was lost is told before those that had it open, while names are what they were', async () => {
  const lost: readonly Operation[] = [...OPERATIONS.slice(0, 2), { op: 'sync' }, { op: 'lstat', path: 'a' }];
  const options = optionsFor(allTargets());
  const late = { ...options, faults: ['opener-misses-lost-write'] };
  // The very first transfer is of the data.
  const setup = setupWith({ writes: { from: 0, to: 1 } });
  expect((await runCase(setup, lost, options)).verdict).toEqual({ kind: 'holds' });
  expect((await runCase(setup, lost, late)).verdict).toMatchObject({
    kind: 'fails',
    failure: { operation: 'fsync', detail: 'fsync tells an older descriptor what it did not tell a new one' },
  });
  for (const gone of [
    { op: 'rename', from: 'a', to: 'b' },
    { op: 'unlink', path: 'a' },
  ] as const)
    expect((await runCase(setup, [...lost, gone], late)).verdict).toEqual({ kind: 'holds' });
});

test('a file that has just got the places of another one may show what they held, when its data did not arrive', async () => {
  const create = { create: true } as const;
  const moved: readonly Operation[] = [
    { op: 'open', as: 'fd0', path: 'a', access: 'read-write', flags: create, mode: 0o644 },
    { op: 'pwrite', handle: 'fd0', offset: 0, content: { seed: 1, length: 4096 }, rwf: ['dsync'] },
    { op: 'open', as: 'fd1', path: 'b', access: 'read-write', flags: { ...create, sync: true }, mode: 0o644 },
    { op: 'pwrite', handle: 'fd1', offset: 0, content: { seed: 1, length: 1 } },
    { op: 'move-extent', handle: 'fd0', donor: 'fd1', offset: 0, donorOffset: 0, length: 0 },
  ];
  // Behind this sector are the places of the second file, and nothing else that is used.
  const setup = { ...setupWith({ endsAt: 16_392 }), sizeBytes: 16 << 20 };
  for (const operations of [moved, moved.slice(0, -1)])
    expect((await runCase(setup, operations, optionsFor(allTargets()))).verdict).toEqual({ kind: 'holds' });
});

test('a sequence is over so many operations after the first failure as its setup says', async () => {
  const performed = async (operationsAfter: number): Promise<number> => {
    let count = 0;
    const onStep = (): void => {
      count++;
    };
    const options = { ...optionsFor(targetsNamed(['impl:iomap'])), onStep };
    await runCase(setupWith({ writes: { from: 0, to: 1 }, operationsAfter }), OPERATIONS, options);
    return count;
  };
  // The fsync is the third that is performed, and the first that fails.
  expect([await performed(0), await performed(1), await performed(100)]).toEqual([3, 4, 5]);
});

test('a target whose device nobody can tell to fail proves nothing', async () => {
  const { verdict } = await runCase(
    setupWith({ endsAt: 100 }),
    OPERATIONS,
    optionsFor(targetsNamed(['impl:dax'])),
  );
  expect(verdict).toEqual({ kind: 'unknown', reason: 'impl:dax: nobody can tell its device to fail' });
});

test('a file system that nobody can make is a failure of the target, not of twinpath', async () => {
  const setup = { ...setupWith({ endsAt: 100 }), format: { features: ['meta_bg'] } };
  const { verdict } = await runCase(setup, OPERATIONS, optionsFor(allTargets()));
  expect(verdict).toMatchObject({ kind: 'fails', failure: { kind: 'crash-of-target' } });
});
