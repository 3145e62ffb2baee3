import { expect, test } from 'vitest';
import { FolioPool, type PageRun } from '../mm/folio-pool.ts';
import { ZeroFill } from './zero-fill.ts';

const isZero = ({ data }: PageRun): boolean => data.every((byte) => byte === 0);

test('what was added is zero, whether it follows or not, and nothing else is', () => {
  const pool = new FolioPool(512);
  const runs = Array.from({ length: 8 }, () => pool.allocate(0)).filter((run) => run !== null);
  for (const { data } of runs) data.fill(7);
  const added = [0, 1, 2, 5, 4, 7];
  const zeros = new ZeroFill();
  for (const index of added) zeros.add(runs[index] as PageRun);
  zeros.flush();
  expect(runs.map(isZero)).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((index) => added.includes(index)));
});
