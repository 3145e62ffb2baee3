import { expect, test } from 'vitest';
import type { Operation } from '../../model/index.ts';
import { movePlaces } from './arguments.ts';
import { Search } from './search.ts';

const PLACES = 6;
const STRIDE = 1_000_000;

const readAt = (offset: number): Operation => ({ op: 'pread', handle: 'fd0', offset, length: 1 });

test('each place moves once, so that what a move makes possible need not wait until nothing can move any more', async () => {
  const operations = Array.from({ length: PLACES }, (_, index) => readAt(STRIDE * (index + 1)));
  // By so little at a time that a file could be moved a million times.
  const last = (all: readonly Operation[]): number =>
    Math.max(...all.map((one) => ('offset' in one ? one.offset : 0)));
  const search: Search = new Search(
    operations,
    (candidate) => Promise.resolve(last(candidate) >= last(search.current) - 1),
    { budgetRuns: 10_000, budgetMs: 60_000 },
  );
  await movePlaces(search);
  expect(last(search.current)).toBeLessThan(STRIDE * PLACES);
  expect(last(search.current)).toBeGreaterThanOrEqual(STRIDE * PLACES - PLACES);
});
