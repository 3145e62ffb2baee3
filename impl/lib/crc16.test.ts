import { expect, test } from 'vitest';
import { crc16 } from './crc16.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

test('known answers', () => {
  // CRC-16/ARC and CRC-16/MODBUS of the catalogue of parametrised CRC algorithms: they differ in the start only.
  expect(crc16(0, bytes('123456789'))).toBe(0xbb3d);
  expect(crc16(0xffff, bytes('123456789'))).toBe(0x4b37);
});

test('goes on where it stopped', () => {
  expect(crc16(crc16(0xffff, bytes('1234')), bytes('56789'))).toBe(0x4b37);
});
