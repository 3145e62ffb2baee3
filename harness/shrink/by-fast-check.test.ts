import { expect, test } from 'vitest';
import type { Operation } from '../../model/index.ts';
import { generateSequence } from '../generate-sequence.ts';
import { shrinkByFastCheck } from './by-fast-check.ts';

const { signal } = new AbortController();
const BUDGET = 100;
const hasMkdir = (operations: readonly Operation[]): boolean => operations.some(({ op }) => op === 'mkdir');

/** Generated sequences of which one kind of operation is to blame. */
function culprits(count: number): ReturnType<typeof generateSequence>[] {
  const found: ReturnType<typeof generateSequence>[] = [];
  for (let seed = 1; found.length < count; seed++) {
    const sequence = generateSequence(seed, { maxOperations: 60, blockSize: null });
    if (sequence.operations.length > 40 && hasMkdir(sequence.operations)) found.push(sequence);
  }
  return found;
}

// One sequence says little: what remains of it hangs on where the culprit stands among operations that need one another.
test('most of many sequences goes in few runs, and what is left still fails', async () => {
  const sequences = culprits(12);
  const left: number[] = [];
  for (const { setup, operations } of sequences) {
    let runs = 0;
    const stillFails = (candidate: readonly Operation[]): Promise<boolean> => {
      runs++;
      return Promise.resolve(hasMkdir(candidate));
    };
    const shrunk = await shrinkByFastCheck(setup, operations, stillFails, { budgetRuns: BUDGET, signal });
    expect(hasMkdir(shrunk)).toBe(true);
    expect(runs).toBeLessThanOrEqual(BUDGET);
    left.push(shrunk.length);
  }
  const sum = (lengths: readonly number[]): number => lengths.reduce((total, length) => total + length, 0);
  expect(sum(left)).toBeLessThan(sum(sequences.map(({ operations }) => operations.length)) / 8);
  expect(left.filter((length) => length === 1).length).toBeGreaterThan(sequences.length / 2);
});

test('a budget of nothing changes nothing', async () => {
  const [{ setup, operations } = expect.unreachable()] = culprits(1);
  const never = (): Promise<boolean> => Promise.reject(new Error('must not be asked'));
  expect(await shrinkByFastCheck(setup, operations, never, { budgetRuns: 0, signal })).toBe(operations);
});
