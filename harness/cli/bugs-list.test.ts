import { expect, test } from 'vitest';
import { bugsList } from './bugs-list.ts';
import { BUGS } from '../bugs/catalogue/catalogue.ts';

const textOf = (id: string): string => bugsList(BUGS.filter((bug) => bug.id === id));

test('a planted bug: switch, judges, needs and the shortest sequence, as it is performed', () => {
  const lines = textOf('B01').split('\n');
  expect(lines[0]).toMatch(/^B01 {2}A file grows/);
  expect(lines.slice(1, 3)).toEqual([
    '     growth-keeps-stored-tail, seen by check (result, tree)',
    '     needs mmap',
  ]);
  expect(lines[3]).toMatch(
    /shortest known: 5 operations on .*blocks of 4096 bytes.*: fd\d+ = open\(.*; ftruncate\(/,
  );
  expect(lines[4]).toMatch(/commit c7fc0366c656/);
});

test('where it takes a power cut, the operations are told in words', () => {
  expect(textOf('B04')).toContain('shortest known: 5 operations: a store behind the end');
});

test('what cannot exist says why', () => {
  expect(textOf('B36')).toMatch(/cannot exist here: .*MountChanges/);
});
