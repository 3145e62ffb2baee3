import { expect, test } from 'vitest';
import type { Operation } from '../../model/index.ts';
import { OPEN } from '../export/case.fixture.ts';
import { minimise } from './minimise.ts';
import { positionsOf } from './position.ts';

const seek = (offset: number, whence: 'set' | 'current' | 'end'): Operation => ({
  op: 'seek',
  handle: 'fd0',
  offset,
  whence,
});
const write: Operation = { op: 'write', handle: 'fd0', content: { seed: 1, length: 7 } };
const read: Operation = { op: 'read', handle: 'fd0', length: 3 };
const elsewhere: Operation = { op: 'seek', handle: 'fd1', offset: 99, whence: 'set' };

test('a position follows opens, seeks, reads and writes, and nobody knows where a file ends', () => {
  const operations = [
    OPEN,
    write,
    seek(10, 'set'),
    seek(5, 'current'),
    elsewhere,
    read,
    write,
    seek(0, 'end'),
    write,
  ];
  expect(positionsOf(operations, 'fd0')).toEqual([null, 0, 7, 10, 15, 15, 18, 25, null, null]);
});

test('nobody knows where a descriptor stands that appends, or through which a copy went', () => {
  const appending: Operation = { ...OPEN, flags: { append: true } };
  expect(positionsOf([appending], 'fd0').at(1)).toBe(null);
  const copy: Operation = { op: 'sendfile', from: 'fd0', fromOffset: 0, to: 'fd1', length: 1 };
  expect(positionsOf([OPEN, copy], 'fd0').at(2)).toBe(null);
});

test('what goes to a far place by seek and write ends as one pwrite there', async () => {
  const fails = (candidate: readonly Operation[]): Promise<boolean> => {
    if (candidate[0]?.op !== 'open') return Promise.resolve(false);
    let at = 0;
    for (const operation of candidate) {
      if (operation.op === 'seek') at = operation.offset;
      if (operation.op === 'write' && at >= 5000) return Promise.resolve(true);
      if (operation.op === 'pwrite' && operation.offset >= 5000) return Promise.resolve(true);
    }
    return Promise.resolve(false);
  };
  const { operations } = await minimise([OPEN, seek(8192, 'set'), write], fails, {
    budgetRuns: 2000,
    budgetMs: 30_000,
  });
  expect(operations).toMatchObject([{ op: 'open' }, { op: 'pwrite', offset: expect.any(Number) as number }]);
});
