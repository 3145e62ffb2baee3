import { expect, test } from 'vitest';
import { RevokeTable } from './revoke-table.ts';
import { nextTid, previousTid, tidAfter, tidAtOrAfter } from './tid.ts';

test('ids are ordered by their distance, across the wrap', () => {
  expect(tidAfter(2, 1)).toBe(true);
  expect(tidAfter(1, 1)).toBe(false);
  expect(tidAtOrAfter(1, 1)).toBe(true);
  expect(tidAfter(3, 0xfffffffe)).toBe(true);
  expect(tidAfter(0xfffffffe, 3)).toBe(false);
  expect(tidAfter(0x80000001, 0x7fffffff)).toBe(true);
  expect(nextTid(0xffffffff)).toBe(0);
  expect(previousTid(0)).toBe(0xffffffff);
});

test('a revoke covers its own transaction and older ones', () => {
  const table = new RevokeTable();
  table.set(7, 0xffffffff);
  expect(table.covers(7, 0xfffffffe)).toBe(true);
  expect(table.covers(7, 0xffffffff)).toBe(true);
  expect(table.covers(7, 0)).toBe(false);
  expect(table.covers(8, 0)).toBe(false);
  // Records may come in any order: the newest counts.
  table.set(7, 2);
  table.set(7, 1);
  expect(table.covers(7, 2)).toBe(true);
});
