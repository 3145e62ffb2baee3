import { expect, test } from 'vitest';
import type { Operation } from '../../model/index.ts';
import { overtakenIn } from './overlap.ts';

const WRITE: Operation = { op: 'pwrite', handle: 'fd0', offset: 0, content: { seed: 1, length: 1 } };
const FSYNC: Operation = { op: 'fsync', handle: 'fd0' };
const SYNC: Operation = { op: 'sync' };

test('without a number of turns every call is waited for', () => {
  expect([...overtakenIn({ operations: [FSYNC, WRITE] })]).toEqual([]);
});

test('what comes after a call that only brings something to the disk overtakes it', () => {
  const operations = [WRITE, FSYNC, WRITE, WRITE, SYNC, WRITE];
  expect([...overtakenIn({ operations, overtakesAfter: 0 })]).toEqual([1, 4]);
});

test('what overtakes is itself waited for', () => {
  const operations = [SYNC, FSYNC, WRITE, FSYNC];
  expect([...overtakenIn({ operations, overtakesAfter: 3 })]).toEqual([0]);
});
