import { expect, test } from 'vitest';
import { AssertionError } from './assert.ts';
import { bytes, highHalf, join, lowHalf, struct, u16, u32, u8 } from './struct.ts';

const view = () => new DataView(new Uint8Array([9, 1, 2, 3, 4, 5, 6, 7]).buffer);

test('fields read and write the memory below, in the byte order of the structure', () => {
  const fields = { first: u8(0), second: u16(1), third: u32(3) };
  const little = struct('little', 'little', 7, fields).at(view(), 1);
  const big = struct('big', 'big', 7, fields).at(view(), 1);
  expect([little.first, little.second, little.third]).toEqual([1, 0x0302, 0x07060504]);
  expect([big.first, big.second, big.third]).toEqual([1, 0x0203, 0x04050607]);
  big.third = 0xfffefdfc;
  expect(big.view.getUint8(4)).toBe(0xff);
  expect(big.third).toBe(0xfffefdfc);
});

test('a field of bytes is a window, not a copy', () => {
  const over = struct('window', 'little', 8, { tail: bytes(4, 4) }).at(view());
  over.tail[0] = 77;
  expect(over.view.getUint8(4)).toBe(77);
});

test('a table that is wrong is refused when it is loaded', () => {
  expect(() => struct('overlap', 'little', 8, { a: u32(0), b: u16(3) })).toThrow(AssertionError);
  expect(() => struct('beyond', 'little', 8, { a: u32(5) })).toThrow(AssertionError);
});

test('halves join to numbers beyond 32 bits', () => {
  const value = 0x12_3456_789a_bcde;
  expect(join(highHalf(value), lowHalf(value))).toBe(value);
  expect(highHalf(value)).toBe(0x123456);
});
