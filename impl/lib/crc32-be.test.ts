import { expect, test } from 'vitest';
import { crc32be } from './crc32-be.ts';

test('the check value of CRC-32/MPEG-2, which is this register without reflection and inversion', () => {
  expect(crc32be(0xffffffff, new TextEncoder().encode('123456789'))).toBe(0x0376e6e7);
});

test('a checksum goes on where it stopped', () => {
  const data = Uint8Array.from({ length: 100 }, (_, index) => index * 7);
  expect(crc32be(crc32be(0xffffffff, data.subarray(0, 33)), data.subarray(33))).toBe(
    crc32be(0xffffffff, data),
  );
});
