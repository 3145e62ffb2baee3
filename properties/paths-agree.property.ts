import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ALL_STAGES, readCase } from '../harness/index.ts';
import { expectHolds, openBench } from './workbench.fixture.ts';

const REGRESSIONS = join(import.meta.dirname, 'regressions');

describe('first, what once failed', async () => {
  const bench = await openBench();
  const names = readdirSync(REGRESSIONS).filter((name) => name.endsWith('.json'));

  test('there are regressions to run', () => {
    expect(names.length).toBeGreaterThan(0);
  });

  test.each(names)('%s', async (name) => {
    const { setup, operations } = readCase(readFileSync(join(REGRESSIONS, name), 'utf8'), name);
    const { verdict } = await bench.run(setup, operations, ALL_STAGES);
    expect(verdict).toEqual({ kind: 'holds' });
  });
});

describe('buffer_head and iomap do what the model says', async () => {
  const bench = await openBench();

  test('after every operation, and in the whole tree at the end', async () => {
    await expectHolds(bench, 20_261_122, 400, { stages: null });
  });

  test.each([1024, 2048, 4096] as const)(
    'blocks of %i bytes: the images pass e2fsck; what was written survives a power cut after sync, unmounting, and mounting through either path; statfs is exact',
    async (blockSize) => {
      await expectHolds(bench, blockSize, 60, { stages: ALL_STAGES, blockSize });
    },
  );

  test('long sequences, too', async () => {
    await expectHolds(bench, 7, 6, { stages: ALL_STAGES, maxOperations: 1000 });
  });
});
