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
