import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32c, crc32cBigU32, crc32cU32 } from './crc32c.ts';

/** The definition, a bit at a time. */
function slow(seed: number, data: Uint8Array): number {
  let register = seed;
  for (const byte of data) {
    register ^= byte;
    for (let bit = 0; bit < 8; bit++)
      register = register & 1 ? (register >>> 1) ^ 0x82f63b78 : register >>> 1;
  }
  return register >>> 0;
}

test('the check value of RFC 3720 for "123456789"', () => {
  const data = new TextEncoder().encode('123456789');
  expect(~crc32c(0xffffffff, data) >>> 0).toBe(0xe3069283);
});

test('agrees with the definition for any seed, length and split', () => {
  fc.assert(
    fc.property(
      fc.nat(0xffffffff),
      fc.uint8Array({ maxLength: 200, size: 'max' }),
      fc.nat(200),
      (seed, data, cut) => {
        const whole = slow(seed, data);
        expect(crc32c(seed, data)).toBe(whole);
        expect(crc32c(crc32c(seed, data.subarray(0, cut)), data.subarray(cut))).toBe(whole);
      },
    ),
  );
});

test('zeros between other bytes are counted, however many', () => {
  const piece = fc.tuple(fc.nat(300), fc.uint8Array({ maxLength: 20 }));
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.array(piece), (seed, pieces) => {
      const data = new Uint8Array(
        pieces.flatMap(([zeros, bytes]) => [...new Array<number>(zeros).fill(0), ...bytes]),
      );
      expect(crc32c(seed, data)).toBe(slow(seed, data));
    }),
  );
});

test('more bytes than a block has are hashed, too', () => {
  const data = Uint8Array.from({ length: 65_536 + 77 }, (_, index) => index * 7);
  expect(crc32c(5, data)).toBe(slow(5, data));
});

test('a number of the journal is hashed as its four big-endian bytes', () => {
  expect(crc32cBigU32(7, 0x89abcdef)).toBe(slow(7, new Uint8Array([0x89, 0xab, 0xcd, 0xef])));
});

test('a number is hashed as its four little-endian bytes', () => {
  expect(crc32cU32(7, 0x89abcdef)).toBe(slow(7, new Uint8Array([0xef, 0xcd, 0xab, 0x89])));
});
