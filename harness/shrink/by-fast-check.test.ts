import { expect, test } from 'vitest';
import type { Operation } from '../../model/index.ts';
import { generateSequence } from '../generate-sequence.ts';
import { shrinkByFastCheck } from './by-fast-check.ts';

const { signal } = new AbortController();
const hasMkdir = (operations: readonly Operation[]): boolean => operations.some(({ op }) => op === 'mkdir');

/** A generated sequence of which one operation is to blame. */
function culprit(): ReturnType<typeof generateSequence> {
  for (let seed = 1; ; seed++) {
    const sequence = generateSequence(seed, { maxOperations: 60, blockSize: null });
    if (sequence.operations.length > 40 && hasMkdir(sequence.operations)) return sequence;
  }
}

test('most of a sequence goes in few runs, and what is left still fails', async () => {
  const { setup, operations } = culprit();
  let runs = 0;
  const stillFails = (candidate: readonly Operation[]): Promise<boolean> => {
    runs++;
    return Promise.resolve(hasMkdir(candidate));
  };
  const shrunk = await shrinkByFastCheck(setup, operations, stillFails, { budgetRuns: 100, signal });
  expect(hasMkdir(shrunk)).toBe(true);
  expect(shrunk.length).toBeLessThan(operations.length / 4);
  expect(runs).toBeLessThanOrEqual(100);
});

test('a budget of nothing changes nothing', async () => {
  const { setup, operations } = culprit();
  const never = (): Promise<boolean> => Promise.reject(new Error('must not be asked'));
  expect(await shrinkByFastCheck(setup, operations, never, { budgetRuns: 0, signal })).toBe(operations);
});
