import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeName, encodeName, nameBytes } from './file-name.ts';

/** Every code point but the surrogates. */
const point = fc.oneof(
  fc.integer({ min: 0, max: 0x2ff }),
  fc.integer({ min: 0x300, max: 0xd7ff }),
  fc.integer({ min: 0xe000, max: 0x10ffff }),
);

test('text without lone surrogates is UTF-8, as TextEncoder makes it', () => {
  fc.assert(
    fc.property(fc.array(point, { maxLength: 20 }), (points) => {
      const text = String.fromCodePoint(...points);
      expect(encodeName(text)).toEqual(new TextEncoder().encode(text));
      expect(decodeName(encodeName(text))).toBe(text);
      expect(nameBytes(text)).toBe(new TextEncoder().encode(text).length);
    }),
    { numRuns: 500 },
  );
});

test('any bytes come back as they were', () => {
  const lead = fc.constantFrom(0x41, 0x80, 0xbf, 0xc0, 0xc3, 0xe2, 0xed, 0xa0, 0xf0, 0xf4, 0x9f, 0x90, 0xff);
  fc.assert(
    fc.property(fc.array(fc.oneof(lead, fc.integer({ min: 0, max: 255 }))), (list) => {
      const bytes = Uint8Array.from(list);
      expect(encodeName(decodeName(bytes))).toEqual(bytes);
    }),
    { numRuns: 2000 },
  );
});

test('bytes that are UTF-8 read as TextDecoder reads them', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 8 }), (list) => {
      const bytes = Uint8Array.from(list);
      let expected: string;
      try {
        expected = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch {
        // Not UTF-8: then and only then the text has an escaped byte.
        expect(decodeName(bytes)).toMatch(/[\udc80-\udcff]/);
        return;
      }
      expect(decodeName(bytes)).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});

test('a byte that is not UTF-8 is the surrogate of PEP 383', () => {
  expect(decodeName(Uint8Array.of(0x61, 0xe9, 0x62))).toBe('a\udce9b');
});
