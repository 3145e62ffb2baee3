import { expect, test } from 'vitest';
import { ImageBytes } from './image-bytes.fixture.ts';
import { DistinctImages, sameImage } from './same-image.ts';

const PAGE_BYTES = 4096;

/** So many pages, each filled with its byte; 0 is a hole. */
function imageOf(...fills: number[]): ImageBytes {
  const bytes = new Uint8Array(fills.length * PAGE_BYTES);
  for (const [index, fill] of fills.entries()) bytes.fill(fill, index * PAGE_BYTES, (index + 1) * PAGE_BYTES);
  return new ImageBytes(bytes);
}

test('the same bytes in other memory are the same', () => {
  expect(sameImage(imageOf(1, 0, 2), imageOf(1, 0, 2))).toBe(true);
  expect(sameImage(imageOf(0, 0), imageOf(0, 0))).toBe(true);
});

test.each([
  ['a byte', imageOf(1, 0, 2), imageOf(1, 0, 3)],
  ['where a page lies', imageOf(1, 0, 2), imageOf(1, 2, 0)],
  ['one page more on the left', imageOf(1, 2), imageOf(1, 0)],
  ['one page more on the right', imageOf(1, 0), imageOf(1, 2)],
  ['the length', imageOf(1, 0), imageOf(1)],
])('%s tells them apart', (_, left, right) => {
  expect(sameImage(left, right)).toBe(false);
});

test('of those with the same bytes, the first stands for all', () => {
  const distinct = new DistinctImages();
  const [first, other, again] = [imageOf(1, 0), imageOf(2, 0), imageOf(1, 0)];
  expect(distinct.firstLike(first)).toBe(first);
  expect(distinct.firstLike(other)).toBe(other);
  expect(distinct.firstLike(again)).toBe(first);
  expect(distinct.firstLike(again)).toBe(first);
});
