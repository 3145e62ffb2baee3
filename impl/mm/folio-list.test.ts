import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FolioList } from './folio-list.ts';

interface Folio {
  readonly index: number;
  readonly pages: number;
  dirty: boolean;
}

const folioAt = (index: number, order: number): Folio => ({ index, pages: 1 << order, dirty: false });

/** So many that pieces fill up, are split, and become empty again. */
const PAGES = 1024;

const step = fc.record({
  what: fc.constantFrom('insert', 'insert', 'remove', 'dirty'),
  index: fc.nat(PAGES - 1),
  order: fc.nat(2),
});

test('the list answers what a plain array of folios does', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 300, maxLength: 900, size: 'max' }), (steps) => {
      const list = new FolioList<Folio>();
      let plain: Folio[] = [];
      for (const { what, index, order } of steps) {
        const at = index - (index % (1 << order));
        const folio = list.firstBehind(index);
        expect(folio).toBe(plain.find((one) => one.index + one.pages > index));
        if (what === 'insert') {
          const fresh = folioAt(at, order);
          if (plain.some((one) => one.index < at + fresh.pages && one.index + one.pages > at)) continue;
          list.insert(fresh);
          plain = [...plain, fresh].sort((a, b) => a.index - b.index);
        } else if (folio !== undefined && what === 'dirty') {
          folio.dirty = !folio.dirty;
          list.countDirty(folio, folio.dirty ? 1 : -1);
        } else if (folio?.dirty === false && what === 'remove') {
          expect(list.remove(folio)).toBe(true);
          plain = plain.filter((one) => one !== folio);
        }
        // What was found last is where the next look-up begins, whatever has become of it.
        for (const near of [index, index + 1, index + 2, at])
          expect(list.firstBehind(near)).toBe(plain.find((one) => one.index + one.pages > near));
        expect(list.firstDirtyBehind(at)).toBe(plain.find((one) => one.dirty && one.index + one.pages > at));
      }
      expect(list.count).toBe(plain.length);
      expect(list.range(0, Infinity)).toEqual(plain);
      const middle = plain.filter((one) => one.index + one.pages > 200 && one.index < 700);
      expect(list.range(200, 700)).toEqual(middle);
      expect(list.range(200, 700, true)).toEqual(middle.filter(({ dirty }) => dirty));
    }),
    { numRuns: 10 },
  );
});

test('what is not in the list is not taken out of it', () => {
  const list = new FolioList<Folio>();
  list.insert(folioAt(3, 0));
  expect(list.remove(folioAt(3, 0))).toBe(false);
  expect(list.remove(folioAt(4, 0))).toBe(false);
  expect(list.count).toBe(1);
});
