import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BlockRuns } from './block-runs.ts';

test('runs answer like the list of their blocks', () => {
  const run = fc.record({ start: fc.nat(50), length: fc.integer({ min: 1, max: 9 }) });
  fc.assert(
    fc.property(fc.array(run, { minLength: 1, maxLength: 8 }), fc.nat(80), (pieces, count) => {
      const list = pieces.flatMap(({ start, length }) => Array.from({ length }, (_, index) => start + index));
      const runs = BlockRuns.of(...pieces);
      const answered = (blocks: BlockRuns): number[] =>
        Array.from({ length: blocks.length }, (_, index) => blocks.at(index));
      expect(answered(runs)).toEqual(list);
      expect(answered(runs.head(count))).toEqual(list.slice(0, count));
    }),
  );
});

test('neighbours become one run', () => {
  expect(
    BlockRuns.of({ start: 5, length: 2 }, { start: 7, length: 1 }, { start: 9, length: 1 }).runs,
  ).toEqual([
    { start: 5, length: 3 },
    { start: 9, length: 1 },
  ]);
});
