import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BlockGroup } from './block-group.ts';
import { Preallocation, type HeldRun } from './preallocation.ts';
import { SmallFilePool } from './small-file-pool.ts';

const groupNumber = (number: number): BlockGroup => ({ number }) as unknown as BlockGroup;
const GROUP = groupNumber(3);

test('what is kept for a file is the same as an array with one element a cluster', () => {
  const steps = fc.array(
    fc.record({
      keep: fc.boolean(),
      logical: fc.nat(60),
      length: fc.integer({ min: 1, max: 20 }),
    }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(steps, (sequence) => {
      const kept = new Preallocation();
      const plain = new Array<number | null>(100).fill(null);
      let nextStart = 0;
      for (const { keep, logical, length } of sequence) {
        if (!keep) {
          const taken = kept.take(logical, length);
          expect(taken?.start ?? null).toBe(plain[logical]);
          if (taken === null) continue;
          expect(taken.length).toBeLessThanOrEqual(length);
          for (let index = 0; index < taken.length; index++) {
            expect(plain[logical + index]).toBe(taken.start + index);
            plain[logical + index] = null;
          }
          continue;
        }
        if (plain[logical] !== null) continue;
        const { from, to } = kept.gapAround(logical);
        expect(plain.slice(from, Math.min(to, 100)).every((place) => place === null)).toBe(true);
        const fits = Math.min(length, to - logical);
        kept.add({ group: GROUP, start: nextStart, length: fits, logical, pooled: false });
        for (let index = 0; index < fits; index++) plain[logical + index] = nextStart + index;
        // One apart, so that neighbours are never one run.
        nextStart += fits + 1;
      }
      const left = kept.runs.reduce((sum, run) => sum + run.length, 0);
      expect(left).toBe(plain.filter((place) => place !== null).length);
    }),
  );
});

test('space for small files is neither lost nor handed out twice, and stays within its flex group', () => {
  const steps = fc.array(
    fc.record({
      group: fc.nat(9),
      length: fc.integer({ min: 1, max: 40 }),
      whole: fc.boolean(),
      give: fc.boolean(),
    }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, (sequence) => {
      const pool = new SmallFilePool(4);
      const out: HeldRun[] = [];
      let total = 0;
      let dropped = 0;
      let start = 0;
      for (const { group, length, whole, give } of sequence) {
        if (give) {
          const run = { group: groupNumber(group), start, length: length * 4 };
          start += run.length;
          total += run.length;
          dropped += pool.give(run)?.length ?? 0;
          continue;
        }
        const run = pool.take(group, length, whole);
        if (run === null) continue;
        expect(Math.floor(run.group.number / 4)).toBe(Math.floor(group / 4));
        expect(whole ? run.length >= length : run.length === length).toBe(true);
        out.push(run);
      }
      expect(pool.runs.length).toBeLessThanOrEqual(8);
      const all = [...out, ...pool.runs].sort((left, right) => left.start - right.start);
      all.forEach((run, index) => {
        const before = all[index - 1];
        if (before !== undefined) expect(before.start + before.length).toBeLessThanOrEqual(run.start);
      });
      expect(all.reduce((sum, run) => sum + run.length, dropped)).toBe(total);
    }),
  );
});
