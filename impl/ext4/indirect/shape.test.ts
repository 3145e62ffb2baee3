import { describe, expect, test } from 'vitest';
import { maxIndirectBytes, routeTo } from './shape.ts';

describe('the way to a block', () => {
  /** Blocks of 1 KiB: 256 pointers each. */
  const single = 12 + 256;
  const double = single + 256 ** 2;
  const triple = double + 256 ** 3;

  test.each([
    [0, [0]],
    [11, [11]],
    [12, [12, 0]],
    [single - 1, [12, 255]],
    [single, [13, 0, 0]],
    [single + 257, [13, 1, 1]],
    [double - 1, [13, 255, 255]],
    [double, [14, 0, 0, 0]],
    [double + 256 ** 2 + 2 * 256 + 3, [14, 1, 2, 3]],
    [triple - 1, [14, 255, 255, 255]],
  ])('%i', (logical, slots) => expect(routeTo(logical, 256)?.slots).toEqual(slots));

  test('behind the last one there is none', () => expect(routeTo(triple, 256)).toBe(null));
});

// Found by bisection with ftruncate on Linux 6.18.44, on images of mke2fs -t ext3 with and without huge_file.
test.each([
  [1024, true, 17_247_252_480],
  [1024, false, 17_247_252_480],
  [2048, true, 275_415_851_008],
  [2048, false, 275_415_851_008],
  [4096, true, 4_402_345_721_856],
  [4096, false, 2_196_873_666_560],
])('the largest file with blocks of %i bytes, huge_file: %s', (blockSize, hugeFile, bytes) => {
  expect(maxIndirectBytes(blockSize, hugeFile)).toBe(bytes);
});
