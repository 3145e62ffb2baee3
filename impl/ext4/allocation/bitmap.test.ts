import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  clearBit,
  clearRange,
  countClear,
  findClear,
  findRegion,
  findRun,
  findSet,
  setBit,
  setRange,
  testBit,
} from './bitmap.ts';

const BITS = 128;

const ranges = fc.array(fc.record({ set: fc.boolean(), start: fc.nat(BITS), length: fc.nat(BITS) }), {
  maxLength: 8,
});

/** The same operations on a bitmap and on an array of booleans. */
function build(
  operations: readonly { set: boolean; start: number; length: number }[],
): [Uint8Array, boolean[]] {
  const bits = new Uint8Array(BITS / 8);
  const plain = new Array<boolean>(BITS).fill(false);
  for (const { set, start, length } of operations) {
    const end = Math.min(BITS, start + length);
    if (end <= start) continue;
    (set ? setRange : clearRange)(bits, start, end);
    plain.fill(set, start, end);
  }
  return [bits, plain];
}

test('ranges and single bits mean the same as an array of booleans', () => {
  fc.assert(
    fc.property(ranges, fc.nat(BITS - 1), (operations, index) => {
      const [bits, plain] = build(operations);
      expect(Array.from(plain, (_, at) => testBit(bits, at))).toEqual(plain);
      setBit(bits, index);
      expect(testBit(bits, index)).toBe(true);
      clearBit(bits, index);
      expect(testBit(bits, index)).toBe(false);
    }),
  );
});

test('searches find what a scan finds', () => {
  fc.assert(
    fc.property(ranges, fc.nat(BITS), fc.nat(BITS), (operations, from, length) => {
      const [bits, plain] = build(operations);
      const end = Math.min(BITS, from + length);
      const scan = (value: boolean): number => {
        const found = plain.slice(0, end).indexOf(value, from);
        return found < 0 ? end : found;
      };
      if (from < end) {
        expect(findClear(bits, from, end)).toBe(scan(false));
        expect(findSet(bits, from, end)).toBe(scan(true));
      }
      expect(countClear(bits, from, end)).toBe(plain.slice(from, end).filter((value) => !value).length);
    }),
  );
});

test('findRun gives the first run that is long enough, else the longest', () => {
  fc.assert(
    fc.property(ranges, fc.integer({ min: 1, max: BITS }), (operations, wanted) => {
      const [bits, plain] = build(operations);
      const result = { start: 0, length: 0 };
      findRun(bits, 0, BITS, wanted, result);
      const runs = [
        ...plain
          .map((used) => (used ? 'x' : '.'))
          .join('')
          .matchAll(/\.+/g),
      ].map((match) => ({
        start: match.index,
        length: match[0].length,
      }));
      const fit = runs.find((run) => run.length >= wanted);
      const longest = Math.max(0, ...runs.map((run) => run.length));
      const expected = fit ?? runs.find((run) => run.length === longest) ?? { start: 0, length: 0 };
      expect(result).toEqual({ start: expected.start, length: Math.min(wanted, expected.length) });
    }),
  );
});

test('a region is aligned, free, and has the most room behind it', () => {
  const sizes = fc.constantFrom(1, 2, 4, 8, 16, 32);
  fc.assert(
    fc.property(ranges, fc.nat(BITS - 1), sizes, sizes, (operations, from, wanted, more) => {
      const [bits, plain] = build(operations);
      const room = Math.max(wanted, more);
      const roomAt = (start: number): number => {
        let size = room;
        while (
          size > 0 &&
          (start % size !== 0 ||
            plain.slice(start, start + size).length < size ||
            plain.slice(start, start + size).includes(true))
        )
          size = Math.floor(size / 2);
        return size;
      };
      const found = findRegion(bits, from, BITS, wanted, room);
      const rooms = Array.from({ length: BITS - from }, (_, index) => roomAt(from + index));
      const most = Math.max(...rooms);
      if (most >= wanted) {
        expect(found.length).toBe(wanted);
        expect(roomAt(found.start)).toBe(most);
      }
      expect(plain.slice(found.start, found.start + found.length)).not.toContain(true);
      let longest = 0;
      for (let start = from; start < BITS; start++) {
        let end = start;
        while (end < BITS && !plain[end]) end++;
        longest = Math.max(longest, end - start);
      }
      expect(found.length).toBe(Math.min(wanted, longest));
    }),
    { numRuns: 300 },
  );
});
