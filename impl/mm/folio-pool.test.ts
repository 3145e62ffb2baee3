import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FolioPool, type PageRun } from './folio-pool.ts';
import { PAGE_BYTES } from './page.ts';

const step = fc.oneof(fc.record({ order: fc.nat(9) }), fc.record({ release: fc.nat(1000) }));

test('runs are aligned, never overlap, and everything comes back', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const pool = new FolioPool(1024);
      const held: PageRun[] = [];
      for (const action of steps) {
        if ('order' in action) {
          const run = pool.allocate(action.order);
          if (run !== null) held.push(run);
        } else {
          const [run] = held.splice(action.release % Math.max(1, held.length), 1);
          if (run !== undefined) pool.release(run);
        }
        const pages = held.flatMap((run) =>
          Array.from({ length: 2 ** run.order }, (_, index) => run.page + index),
        );
        expect(new Set(pages).size).toBe(pages.length);
        expect(pool.pagesUsed).toBe(pages.length);
        expect(held.every((run) => run.page % 2 ** run.order === 0)).toBe(true);
        expect(held.every((run) => run.data.length === PAGE_BYTES * 2 ** run.order)).toBe(true);
      }
      for (const run of held) pool.release(run);
      // Two whole chunks can be had only if every release was merged again.
      expect(pool.allocate(9)).not.toBeNull();
      expect(pool.allocate(9)).not.toBeNull();
      expect(pool.allocate(0)).toBeNull();
    }),
    { numRuns: 50 },
  );
});

test('the blocks of a run show its bytes, and are the same whoever gets the run next', () => {
  const pool = new FolioPool(512);
  const run = pool.allocate(1);
  const blocks = run?.blocks(1024) ?? [];
  expect(blocks).toHaveLength(8);
  run?.data.fill(5, 1024, 2048);
  expect(blocks.map(({ data }) => [data.length, data[0], data[1023]])).toEqual(
    Array.from({ length: 8 }, (_, index) => (index === 1 ? [1024, 5, 5] : [1024, 0, 0])),
  );
  if (run !== null) pool.release(run);
  expect(pool.allocate(1)?.blocks(1024)[1]).toBe(blocks[1]);
  expect(run?.blocks(run.data.length)[0]?.data).toBe(run?.data);
});
