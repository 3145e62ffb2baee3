import { expect, test } from 'vitest';
import { isSmallEnough, quantile } from './score.ts';

test.each([
  [[], 0.5, null],
  [[7], 0.9, 7],
  [[3, 1, 2], 0.5, 2],
  [[1, 2, 3, 4], 0.5, 2],
  [[10, 20, 30, 40, 50, 60, 70, 80, 90, 100], 0.9, 90],
  [[1, 2], 1, 2],
])('of %j the quantile %d is %j, one of them', (values, share, expected) => {
  expect(quantile(values, share)).toBe(expected);
});

test('a case may be half as long again as the smallest known, and one operation longer', () => {
  expect(isSmallEnough(7, 4)).toBe(true);
  expect(isSmallEnough(8, 4)).toBe(false);
  expect(isSmallEnough(2, 1)).toBe(true);
});
