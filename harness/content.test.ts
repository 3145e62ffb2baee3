import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentBytes, firstNonZero, firstStrayByte, streamBytes } from './content.ts';

const seeds = fc.nat();
const starts = fc.oneof(fc.nat(10_000), fc.nat(2 ** 31));

test('a stream is the same wherever one begins to read', () => {
  fc.assert(
    fc.property(seeds, starts, fc.nat(5000), fc.nat(5000), (seed, start, skip, length) => {
      const whole = streamBytes(seed, start, skip + length);
      expect(Buffer.compare(whole.subarray(skip), streamBytes(seed, start + skip, length))).toBe(0);
    }),
  );
});

test('no byte of a stream is zero', () => {
  expect(streamBytes(3, 0, 1 << 20).indexOf(0)).toBe(-1);
});

test.each([5_000_000, 20_000_000])('%d bytes, longer than the pool, are the same stream', (length) => {
  const long = contentBytes({ seed: 5, length });
  expect(long.length).toBe(length);
  expect(firstStrayByte(long, 0, 5, 0, length)).toBe(-1);
});

test('different seeds differ, and so does a shifted stream', () => {
  const [left, right] = [streamBytes(1, 0, 4096), streamBytes(2, 0, 4096)];
  expect(Buffer.compare(left, right)).not.toBe(0);
  expect(Buffer.compare(left, streamBytes(1, 4096, 4096))).not.toBe(0);
});

test('the first stray byte is found, wherever it is', () => {
  fc.assert(
    fc.property(
      seeds,
      starts,
      fc.integer({ min: 1, max: 3000 }),
      fc.nat(100),
      fc.nat(),
      (seed, start, length, before, pick) => {
        const bytes = new Uint8Array(before + length);
        bytes.set(streamBytes(seed, start, length), before);
        expect(firstStrayByte(bytes, before, seed, start, length)).toBe(-1);
        const at = before + (pick % length);
        bytes[at] = (bytes[at] ?? 0) ^ 0x80;
        expect(firstStrayByte(bytes, before, seed, start, length)).toBe(at);
      },
    ),
  );
});

test('the first byte that is not zero is found', () => {
  const bytes = new Uint8Array(200_000);
  expect(firstNonZero(bytes, 0, bytes.length)).toBe(-1);
  bytes[150_000] = 1;
  expect(firstNonZero(bytes, 10, bytes.length - 10)).toBe(150_000);
  expect(firstNonZero(bytes, 150_001, 100)).toBe(-1);
});

test('one content of sixteen begins with the number of the journal (JBD2_MAGIC_NUMBER, big-endian)', () => {
  const begins = (seed: number): number => Buffer.from(streamBytes(seed, 0, 4)).readUInt32BE();
  const seeds = Array.from({ length: 160 }, (_, seed) => seed);
  expect(seeds.filter((seed) => begins(seed) === 0xc03b3998)).toEqual([
    15, 31, 47, 63, 79, 95, 111, 127, 143, 159,
  ]);
});
