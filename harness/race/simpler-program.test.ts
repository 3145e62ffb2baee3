import { expect, test } from 'vitest';
import type { Operation } from '../../model/index.ts';
import { onDisk, open, opened, pread, pwrite, store, mapped, task } from './catalogue/script.ts';
import { RACE_MODES, setupOf } from './modes.ts';
import { programsThatOpenLess } from './fewer-opens.ts';
import type { RaceProgram } from './program.ts';
import { isPromised } from './promised.ts';
import { programsWithoutTwo } from './simpler-program.ts';

const [mode] = RACE_MODES;
if (mode === undefined) throw new Error('there are modes');

const program: RaceProgram = {
  setup: setupOf(mode, 1024),
  target: mode.target,
  faults: [],
  image: onDisk('a', 4096),
  before: opened('a'),
  tasks: [task('writer', pwrite('fd1', 0, 10, 2)), task('reader', pread('fd2', 0, 10))],
};

const handlesIn = ({ before, tasks }: RaceProgram): string[] =>
  [...before, ...tasks.flatMap(({ operations }) => operations)].flatMap((operation: Operation) =>
    operation.op === 'open' ? [operation.as] : 'handle' in operation ? [operation.handle] : [],
  );

test('what was on the disk is done after the mount, through a descriptor that nobody else has', () => {
  const [inMemory] = programsThatOpenLess(program);
  expect(inMemory?.image).toEqual([]);
  expect(inMemory?.before.map(({ op }) => op)).toEqual(['open', 'pwrite', 'open', 'open', 'open']);
  expect(inMemory?.before[0]).toMatchObject({ as: 'fd3', flags: { create: true } });
  expect(inMemory?.before[1]).toMatchObject({ handle: 'fd3' });
});

test('tasks that opened alike share a descriptor, and others do not', () => {
  const shared = [...programsThatOpenLess({ ...program, image: [] })];
  expect(shared.map((one) => [...new Set(handlesIn(one))])).toEqual([
    ['fd0', 'fd2'],
    ['fd0', 'fd1'],
    ['fd0', 'fd1'],
  ]);
  const before = [open('fd1', 'a'), open('fd2', 'a', { direct: true })];
  expect([...programsThatOpenLess({ ...program, image: [], before })]).toEqual([]);
});

test('two operations go at once where neither can go alone', () => {
  const sizes = [...programsWithoutTwo(program)].map(
    ({ image, before, tasks }) =>
      image.length + before.length + tasks.flatMap((one) => one.operations).length,
  );
  expect(new Set(sizes)).toEqual(new Set([6]));
});

// Rule 14: what is stored behind the end in the last page, while somebody makes the file longer, is promised to nobody.
test('a race with stores is about a file that never ends in its first page', () => {
  const storing = (size: number, ...more: Operation[]): RaceProgram => ({
    ...program,
    image: onDisk('a', size),
    before: [...opened('a'), mapped('fd0', 1)],
    tasks: [
      task('mapper', store(0, { seed: 3, length: 10 })),
      task('other', pwrite('fd1', 0, 10, 2), ...more),
    ],
  });
  expect(isPromised(storing(4096))).toBe(true);
  expect(isPromised(storing(4095))).toBe(false);
  expect(isPromised(storing(8192, { op: 'ftruncate', handle: 'fd1', size: 100 }))).toBe(false);
  expect(isPromised({ ...program, image: onDisk('a', 1) })).toBe(true);
});
