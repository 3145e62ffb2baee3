import { expect, test } from 'vitest';
import type { Operation } from '../../model/index.ts';
import { minimise } from './minimise.ts';
import { positionBefore } from './position.ts';

const open: Operation = {
  op: 'open',
  as: 'fd0',
  path: 'a',
  access: 'read-write',
  flags: { create: true },
  mode: 0o644,
};
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
    open,
    write,
    seek(10, 'set'),
    seek(5, 'current'),
    elsewhere,
    read,
    write,
    seek(0, 'end'),
    write,
  ];
  const positions = Array.from({ length: operations.length + 1 }, (_, index) =>
    positionBefore(operations, index, 'fd0'),
  );
  expect(positions).toEqual([null, 0, 7, 10, 15, 15, 18, 25, null, null]);
});

test('nobody knows where a descriptor stands that appends, or through which a copy went', () => {
  const appending: Operation = { ...open, flags: { append: true } };
  expect(positionBefore([appending], 1, 'fd0')).toBe(null);
  const copy: Operation = { op: 'sendfile', from: 'fd0', fromOffset: 0, to: 'fd1', length: 1 };
  expect(positionBefore([open, copy], 2, 'fd0')).toBe(null);
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
  const { operations } = await minimise([open, seek(8192, 'set'), write], fails, {
    budgetRuns: 2000,
    budgetMs: 30_000,
  });
  expect(operations).toMatchObject([{ op: 'open' }, { op: 'pwrite', offset: expect.any(Number) as number }]);
});
