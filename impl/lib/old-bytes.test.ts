import { expect, test } from 'vitest';
import { findOldBytes, leaveOldBytes, oldBytes } from './old-bytes.ts';

test('however memory was filled, its bytes go on as those of a device do, and none is zero', () => {
  const memory = new Uint8Array(5000);
  leaveOldBytes(memory);
  expect(memory).toEqual(oldBytes(5000));
  expect(memory).not.toContain(0);
  expect(new Set(memory).size).toBe(255);
});

test('a few dozen of them are found, wherever they begin, also over the end of their period', () => {
  for (const start of [0, 1, 240, 254]) {
    const bytes = new Uint8Array(600);
    bytes.set(oldBytes(400).subarray(start, start + 32), 100);
    expect(findOldBytes(bytes)).toBe(100);
  }
});

test('neither zeros nor fewer of them nor other bytes are taken for old ones', () => {
  expect(findOldBytes(new Uint8Array(100))).toBeNull();
  expect(findOldBytes(oldBytes(31))).toBeNull();
  expect(findOldBytes(Uint8Array.from({ length: 600 }, (_, index) => index % 251))).toBeNull();
});
