import { expect, test } from 'vitest';
import type { Operation } from '../../model/index.ts';
import { RaceRules, type FileView } from './atomicity.ts';
import { CATALOGUE, programOf } from './catalogue/catalogue.ts';
import { modeNamed } from './racing.fixture.ts';

const BLOCK = 1024;

/** The rules of a direct read beside stores to a mapping of the file's only page. */
function rulesOf(name: string): RaceRules {
  const race = CATALOGUE.find((each) => each.name === 'dio-read-store');
  if (race === undefined) throw new Error('there is no such race');
  return new RaceRules(programOf(race, modeNamed(name), BLOCK, []));
}

/** A block of data, and two holes. */
const before: FileView = { bytes: new Uint8Array(3 * BLOCK).fill(7, 0, BLOCK), size: 3 * BLOCK, open: [] };

const store: Operation = { op: 'store', mapping: 'map0', offset: 0, content: { seed: 1, length: 10 } };
const readThrough = (handle: 'fd0' | 'fd1'): Operation => ({
  op: 'pread',
  handle,
  offset: 0,
  length: 3 * BLOCK,
});

const openBlocks = (mode: string, handle: 'fd0' | 'fd1'): number[] =>
  rulesOf(mode)
    .viewsDuring(store, before, before, readThrough(handle))
    .flatMap(({ open }) => open.map(({ start }) => start / BLOCK))
    .filter((block) => block < 3);

// Seen with `race --strategy pct`: the read showed what a mapped block of the page held before it was the file's.
test('where a store makes written blocks of holes, a direct read may show what the device held there', () => {
  expect(openBlocks('nodelalloc', 'fd0')).toEqual([1, 2]);
  expect(openBlocks('dioread_lock', 'fd0')).toEqual([1, 2]);
});

test('where blocks are unwritten until their bytes are on the device, and through the cache, nothing old shows', () => {
  for (const mode of ['delalloc', 'iomap', 'iomap-nodelalloc']) expect(openBlocks(mode, 'fd0')).toEqual([]);
  expect(openBlocks('nodelalloc', 'fd1')).toEqual([]);
});

// Seen with drawn programs: one byte at 1 and no memory for the next one, while somebody asked for the size.
test('a write that comes to the end of memory may move the size to where it begins', () => {
  const empty: FileView = { bytes: new Uint8Array(0), size: 0, open: [] };
  const written: FileView = { bytes: new Uint8Array(2), size: 2, open: [] };
  const whole: Operation = { op: 'pwrite', handle: 'fd1', offset: 1, content: { seed: 1, length: 2 } };
  const short: Operation = { ...whole, faultAt: 1 };
  for (const mode of ['journal', 'delalloc', 'nodelalloc']) {
    const rules = rulesOf(mode);
    expect([rules.sizeDuring(short, 1, empty, written), rules.sizeDuring(whole, 1, empty, written)]).toEqual([
      true,
      false,
    ]);
  }
});
