import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clipWindow, normalizedWindow } from './normalize-request.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

describe("the sizes of ext4_mb_normalize_request's table", () => {
  // Bytes of the file, bytes of the window, where it is in the file.
  test.each([
    [1, 16 * KIB, 0],
    [16 * KIB, 16 * KIB, 0],
    [16 * KIB + 1, 32 * KIB, 0],
    [100 * KIB, 128 * KIB, 0],
    [MIB, MIB, 0],
    [MIB + 1, 2 * MIB, 0],
    [3 * MIB, 2 * MIB, 2 * MIB],
    [7 * MIB, 4 * MIB, 4 * MIB],
    [9 * MIB, 8 * MIB, 8 * MIB],
    [100 * MIB, 8 * MIB, 96 * MIB],
  ])('the last block of %i bytes, blocks of 4 KiB', (size, length, start) => {
    const last = Math.ceil(size / 4096) - 1;
    expect(normalizedWindow(last, 1, size, 4096)).toEqual({ start: start / 4096, length: length / 4096 });
  });

  test('small blocks have small pieces: 2 MiB of 1 KiB, 4 MiB of 2 KiB', () => {
    expect(normalizedWindow(50 * KIB, 1, 100 * MIB, 1024)).toEqual({ start: 50 * KIB, length: 2 * KIB });
    expect(normalizedWindow(25 * KIB, 1, 100 * MIB, 2048).length).toBe(2048);
  });
});

test('a window holds the block that is asked for, and what is clipped keeps it', () => {
  const request = fc.record({
    logical: fc.oneof(fc.nat(100), fc.nat(100_000)),
    length: fc.integer({ min: 1, max: 3000 }),
    size: fc.nat(500 * MIB),
    left: fc.nat(3000),
    right: fc.integer({ min: 1, max: 3000 }),
    blockSize: fc.constantFrom(1024, 2048, 4096, 65_536),
  });
  fc.assert(
    fc.property(request, ({ logical, length, size, left, right, blockSize }) => {
      const from = Math.max(0, logical - left);
      const to = logical + right;
      const window = clipWindow(normalizedWindow(logical, length, size, blockSize), from, to);
      expect(window.start).toBeGreaterThanOrEqual(from);
      expect(window.start).toBeLessThanOrEqual(logical);
      expect(window.start + window.length).toBeGreaterThan(logical);
      expect(window.start + window.length).toBeLessThanOrEqual(to);
      expect(Number.isInteger(window.start) && Number.isInteger(window.length)).toBe(true);
    }),
  );
});
