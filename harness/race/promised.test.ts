import { expect, test } from 'vitest';
import { onDisk, open, pwrite, task } from './catalogue/script.ts';
import { drawProgram } from './draw-program.ts';
import { setupOf, RACE_MODES } from './modes.ts';
import type { RaceProgram } from './program.ts';
import { isPromised } from './promised.ts';

const [mode] = RACE_MODES;
if (mode === undefined) throw new Error('races have modes');

/** Two writes beside each other, of 1024 bytes from there on. */
const writing = (first: number, second: number, flags: { direct?: true }): RaceProgram => ({
  setup: setupOf(mode, 1024),
  target: mode.target,
  faults: [],
  image: onDisk('a', 4096),
  before: [open('fd0', 'a', flags), open('fd1', 'a', flags)],
  tasks: [task('first', pwrite('fd0', first, 1024, 2)), task('second', pwrite('fd1', second, 1024, 3))],
});

// Linux lets direct overwrites run side by side, with i_rwsem shared (ext4_dio_write_checks): the device says who is last.
test('nothing is promised of two direct writes to the same bytes', () => {
  expect(isPromised(writing(0, 512, { direct: true }))).toBe(false);
  expect(isPromised(writing(512, 0, { direct: true }))).toBe(false);
});

test('bytes beside each other, and writes through the cache, are promised', () => {
  expect(isPromised(writing(0, 1024, { direct: true }))).toBe(true);
  expect(isPromised(writing(0, 512, {}))).toBe(true);
});

test('something is promised of all that is drawn', () => {
  const seeds = Array.from({ length: 500 }, (_, seed) => seed);
  const drawn = [1024, 4096] as const;
  for (const blockSize of drawn)
    expect(seeds.filter((seed) => !isPromised(drawProgram(mode, blockSize, [], seed)))).toEqual([]);
});
