import { describe } from 'vitest';
import type { Call, Program } from './real-kernel/call.fixture.ts';
import { likeTheKernel } from './real-kernel/compare.fixture.ts';

/** fallocate(2) with one file, beside the real kernel; random-data-calls.test.ts has long programs. */

const MODES = [
  'allocate',
  'keep-size',
  'punch',
  'zero',
  'zero-keep-size',
  'collapse',
  'insert',
  'write-zeroes',
] as const;

/** Offset and length: within a block, across some, in the hole, at and beyond the end of 20,000 bytes, all of it. */
const RANGES = [
  [0, 1024],
  [0, 4096],
  [1024, 2048],
  [100, 50],
  [1000, 5000],
  [4096, 4096],
  [7000, 9000],
  [8192, 8192],
  [20480, 4096],
  [40960, 1024],
  [0, 65536],
  [5000, 15000],
  [4096, 16384],
] as const;

/** Nothing, less than nothing, and the end of the largest file of blocks of 1024 bytes. */
const LIMITS = [
  [-1, 5],
  [0, 0],
  [5, -1],
  [2 ** 62, 2 ** 61],
  [4398046510080, 1],
  [4398046510079, 1],
] as const;

const opened: Program = [['open', 'f', 'a', 'read-write', ['create'], 0o644]];
const look: Program = [
  ['contents', 'a'],
  ['stat', 'a'],
  ['fiemap', 'a', 0, 2 ** 50, true],
  ['contents', 'a'],
];

/**
 * What the page cache has of the file when its blocks change: written data, data that waits for its place, or both. Where the
 * kernel's large folios are dirty, more counts as data for SEEK_DATA than in folios of a page.
 */
type Before = 'written' | 'delayed' | 'mixed';

function write(before: Before): Program {
  const sync: Call = ['fsync', 'f'];
  return [
    ['pwrite', 'f', 0, 10000, 1],
    ...(before === 'mixed' ? [sync] : []),
    ['pwrite', 'f', 15000, 5000, 2],
    ...(before === 'written' ? [sync] : []),
  ];
}

function change(mode: (typeof MODES)[number], offset: number, length: number, before: Before): Program {
  const borders: Call = ['borders', 'f'];
  return [
    ...opened,
    ...write(before),
    ['mark', 'a'],
    ['fallocate', 'f', mode, offset, length],
    ['changed', 'a'],
    ...(before === 'delayed' ? [] : [borders]),
    ['fsync', 'f'],
    ...look,
    ['pwrite', 'f', 6000, 3000, 3],
    ...look,
    ['ftruncate', 'f', 5000],
    ...look,
  ];
}

const STATES: readonly Before[] = ['written', 'delayed', 'mixed'];

const programs: Record<string, Program> = {};
for (const [row, mode] of MODES.entries()) {
  for (const [offset, length] of LIMITS) {
    programs[`${mode} ${offset} ${length}`] = [
      ...opened,
      ['pwrite', 'f', 0, 10000, 1],
      ['mark', 'a'],
      ['fallocate', 'f', mode, offset, length],
      ['changed', 'a'],
      ['stat', 'a'],
      ['ftruncate', 'f', 10000],
      ...look,
    ];
  }
  for (const [column, [offset, length]] of RANGES.entries()) {
    const before = STATES[(row + column) % STATES.length] ?? 'written';
    programs[`${mode} ${offset} ${length} ${before}`] = change(mode, offset, length, before);
  }
}

/** Linux 6.18 has grown the file when it finds that its last extent has no room to move. */
programs['insert before blocks at the end of the largest file'] = [
  ...opened,
  ['pwrite', 'f', 0, 10000, 1],
  ['fallocate', 'f', 'keep-size', 2 ** 42 - 2048, 1024],
  ['fallocate', 'f', 'insert', 1024, 1024],
  ...look,
  ['fallocate', 'f', 'insert', 1024, 2 ** 42],
  ...look,
];

for (const flags of [0x80020, 0x80010]) {
  programs[`flags ${flags}`] = [
    ...opened,
    ['pwrite', 'f', 0, 5000, 1],
    ['setFlags', 'f', flags],
    ...MODES.map((mode) => ['fallocate', 'f', mode, 1024, 1024] as const),
    ['setFlags', 'f', 0x80000],
    ...look,
  ];
}

programs['who may'] = [
  ['open', 'r', 'a', 'read', ['create'], 0o6777],
  ['fallocate', 'r', 'allocate', 0, 1024],
  ['fallocate', 'none', 'allocate', 0, 1024],
  ['open', 'd', '.', 'read', [], 0],
  ['fallocate', 'd', 'allocate', 0, 1024],
  ['caller', 1000, 100, []],
  ['open', 'f', 'a', 'read-write', [], 0],
  ['fallocate', 'f', 'collapse', 1, 1],
  ['stat', 'a'],
];

const programsWithout = (name: Call[0]): [string, Program][] =>
  Object.entries(programs).map(([title, program]) => [title, program.filter(([call]) => call !== name)]);

describe('blocks of 1k', () => {
  likeTheKernel(programs);
});

describe('blocks of 1k, the iomap path', () => {
  // What of unwritten blocks the page cache has, depends on its folios, which are the buffer_head path's in the kernel.
  likeTheKernel(Object.fromEntries(programsWithout('borders')), [], { mount: { bufferedIomap: true } });
});

/** Only holes can be made. The kernel's SEEK_DATA does not see delayed data there: it is not asked. */
describe('files with indirect blocks', () => {
  const few = programsWithout('borders').filter(([name], index) => name.includes('punch') || index % 5 === 0);
  likeTheKernel(Object.fromEntries(few), ['^extent', '^64bit']);
});
