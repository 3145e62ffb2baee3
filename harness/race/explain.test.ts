import { describe, expect, test } from 'vitest';
import type { Handle, Operation, Outcome, Stat } from '../../model/index.ts';
import { streamBytes } from '../content.ts';
import { explain, modelAtMount, type Explanation } from './explain.ts';
import { RACE_MODES, setupOf } from './modes.ts';
import { TIME_OF_RACE, type RaceProgram } from './program.ts';
import type { RaceEvent } from './race-target.ts';

const [MODE] = RACE_MODES;
const BLOCK = 1024;

/** A file of four blocks of content 1, and descriptors of it: fd3 appends directly, fd4 is for direct reads and writes. */
function programOf(operations: readonly Operation[] = []): RaceProgram {
  if (MODE === undefined) throw new Error('there are modes');
  const open = (as: Handle, flags = {}): Operation => ({
    op: 'open',
    as,
    path: 'a',
    access: 'read-write',
    flags,
    mode: 0o644,
  });
  return {
    setup: setupOf(MODE, BLOCK),
    target: MODE.target,
    faults: [],
    image: [open('fd0', { create: true }), pwrite(1, 0, 4 * BLOCK)],
    before: [
      open('fd0'),
      open('fd1'),
      open('fd2'),
      open('fd3', { direct: true, append: true }),
      open('fd4', { direct: true }),
      { op: 'mmap', as: 'map0', handle: 'fd0', offset: 0, length: 4 * BLOCK, ...WRITABLE },
    ],
    tasks: [{ name: 'all', operations }],
  };
}

const WRITABLE = { sharing: 'shared', access: 'read-write' } as const;

const pwrite = (seed: number, offset: number, length: number): Operation => ({
  op: 'pwrite',
  handle: 'fd0',
  offset,
  content: { seed, length },
});
const pread = (offset: number, length: number): Operation => ({ op: 'pread', handle: 'fd1', offset, length });

const counted = (count: number): Outcome => ({ ok: true, value: { kind: 'count', count } });
const DONE: Outcome = { ok: true, value: { kind: 'done' } };

/** What a read found: pieces of contents, or zeros. */
const found = (...pieces: readonly (readonly [seed: number, start: number, length: number])[]): Outcome => ({
  ok: true,
  value: {
    kind: 'data',
    bytes: Buffer.concat(
      pieces.map(([seed, start, length]) =>
        seed === 0 ? Buffer.alloc(length) : streamBytes(seed, start, length),
      ),
    ),
  },
});

type Call = readonly [
  task: number,
  operation: Operation,
  outcome: Outcome,
  invoked: number,
  returned: number,
];

function judged(...calls: readonly Call[]): string {
  const program = programOf(calls.map(([, operation]) => operation));
  const before = program.before.map((operation, index): RaceEvent => {
    const at = { invoked: 2 * index, returned: 2 * index + 1 };
    return { task: -1, index, operation, outcome: DONE, ...at };
  });
  const raced = calls.map(([task, operation, outcome, invoked, returned], index): RaceEvent => {
    return { task, index, operation, outcome, invoked: 100 + invoked, returned: 100 + returned };
  });
  return said(explain(program, [...before, ...raced]));
}

const said = (explanation: Explanation): string =>
  typeof explanation === 'string' ? explanation : explanation.what;

/** What nobody has seen on a kernel: a write in two mappings lets go of the folio between them (iomap_write_iter). */
describe('a store between the two blocks of a write', () => {
  const LENGTH = 20;
  const write: Call = [0, pwrite(2, 0, 2 * BLOCK), counted(2 * BLOCK), 0, 20];
  const store = (seed: number, offset: number, invoked: number): Call => {
    const content = { seed, length: LENGTH };
    return [2, { op: 'store', mapping: 'map0', offset, content }, counted(LENGTH), invoked, invoked + 1];
  };
  const first = store(5, BLOCK, 6);
  const second = store(6, 0, 8);
  /** The second store came after the first block of the write, the first one before the second. */
  const inTheEnd: Call = [
    1,
    pread(0, 2 * BLOCK),
    found([6, 0, LENGTH], [2, LENGTH, 2 * BLOCK - LENGTH]),
    30,
    31,
  ];

  test.each([
    ['the block that was written', found([2, 0, BLOCK], [1, BLOCK, BLOCK]), 'explained'],
    ['nothing of the write', found([1, 0, 2 * BLOCK]), 'explained'],
    [
      'no store that is still to come',
      found([2, 0, BLOCK], [5, 0, LENGTH], [1, BLOCK + LENGTH, BLOCK - LENGTH]),
      'bytes that nobody wrote',
    ],
  ])('a read before both finds %s', (_, outcome, verdict) => {
    expect(judged(write, [1, pread(0, 2 * BLOCK), outcome, 1, 3], first, second, inTheEnd)).toBe(verdict);
  });

  test.each([
    ['the second block as it was', [6, 0, LENGTH], 'explained'],
    ['no first block without the store', [2, 0, LENGTH], 'bytes that nobody wrote'],
  ] as const)('a read after the one to the first block finds %s', (_, piece, verdict) => {
    const outcome = found(piece, [2, LENGTH, BLOCK - LENGTH], [1, BLOCK, BLOCK]);
    expect(judged(write, second, [1, pread(0, 2 * BLOCK), outcome, 10, 12], inTheEnd)).toBe(verdict);
  });
});

describe('a read beside a write of four blocks', () => {
  const write: Call = [0, pwrite(2, 0, 4 * BLOCK), counted(4 * BLOCK), 0, 10];
  const read = (outcome: Outcome): Call => [1, pread(0, 4 * BLOCK), outcome, 1, 9];

  test.each([
    ['the old', [[1, 0, 4 * BLOCK]]],
    ['the new', [[2, 0, 4 * BLOCK]]],
    [
      'old blocks before new ones, as the write overtook it',
      [
        [1, 0, BLOCK],
        [2, BLOCK, 3 * BLOCK],
      ],
    ],
  ] as const)('may find %s', (_, pieces) => {
    expect(judged(write, read(found(...pieces)))).toBe('explained');
  });

  test('does not find half a block', () => {
    expect(judged(write, read(found([2, 0, 100], [1, 100, 4 * BLOCK - 100])))).toBe(
      'bytes that nobody wrote',
    );
  });

  test('may find new blocks before old ones: the write was not there yet', () => {
    expect(judged(write, read(found([2, 0, BLOCK], [1, BLOCK, 3 * BLOCK])))).toBe('explained');
  });

  test('finds the new once the write is over, and the old before it begins', () => {
    const after: Call = [1, pread(0, 10), found([1, 0, 10]), 11, 12];
    expect(judged(write, after)).toBe('bytes that nobody wrote');
    const early: Call = [1, pread(0, 10), found([2, 0, 10]), 1, 2];
    expect(judged([0, pwrite(2, 0, 10), counted(10), 3, 4], early)).toBe('bytes that nobody wrote');
  });
});

test('what is read later in a file is not older', () => {
  const writes: Call[] = [
    [0, pwrite(2, 0, 2 * BLOCK), counted(2 * BLOCK), 1, 2],
    [0, pwrite(3, 0, 2 * BLOCK), counted(2 * BLOCK), 3, 4],
  ];
  const read = (...pieces: readonly (readonly [number, number, number])[]): Call => [
    1,
    pread(0, 2 * BLOCK),
    found(...pieces),
    0,
    9,
  ];
  expect(judged(...writes, read([2, 0, BLOCK], [3, BLOCK, BLOCK]))).toBe('explained');
  expect(judged(...writes, read([3, 0, BLOCK], [1, BLOCK, BLOCK]))).toBe('an older block behind a newer one');
});

test('two writes are in one order for everybody', () => {
  const writes: Call[] = [
    [0, pwrite(2, 0, 2 * BLOCK), counted(2 * BLOCK), 0, 9],
    [2, pwrite(3, 0, 2 * BLOCK), counted(2 * BLOCK), 1, 8],
  ];
  const read = (...pieces: readonly (readonly [number, number, number])[]): Call => [
    1,
    pread(0, 2 * BLOCK),
    found(...pieces),
    10,
    11,
  ];
  expect(judged(...writes, read([2, 0, 2 * BLOCK]))).toBe('explained');
  expect(judged(...writes, read([3, 0, 2 * BLOCK]))).toBe('explained');
  expect(judged(...writes, read([2, 0, BLOCK], [3, BLOCK, BLOCK]))).not.toBe('explained');
});

test('a truncation zeroes before it shortens, and nothing of it comes back', () => {
  const cut: Call = [0, { op: 'ftruncate', handle: 'fd0', size: BLOCK + 100 }, DONE, 0, 9];
  const read = (outcome: Outcome): Call => [1, pread(BLOCK, BLOCK), outcome, 1, 8];
  expect(judged(cut, read(found([1, BLOCK, BLOCK])))).toBe('explained');
  expect(judged(cut, read(found([1, BLOCK, 100])))).toBe('explained');
  expect(judged(cut, read(found([1, BLOCK, 100], [0, 0, BLOCK - 100])))).toBe('explained');
  expect(judged(cut, read(found([0, 0, BLOCK])))).toBe('zeros');
  expect(judged(cut, read(found([1, BLOCK, 300])))).toBe('length of data');
});

describe('a direct append', () => {
  const append: Call = [
    0,
    { op: 'write', handle: 'fd3', content: { seed: 2, length: 2 * BLOCK } },
    counted(2 * BLOCK),
    0,
    9,
  ];
  const read = (invoked: number, ...pieces: readonly (readonly [number, number, number])[]): Call => [
    1,
    pread(3 * BLOCK, 4 * BLOCK),
    found(...pieces),
    invoked,
    invoked + 1,
  ];

  test('shows the old end or the new one, and behind the page with the old end what was written', () => {
    expect(judged(append, read(1, [1, 3 * BLOCK, BLOCK]))).toBe('explained');
    expect(judged(append, read(1, [1, 3 * BLOCK, BLOCK], [2, 0, 2 * BLOCK]))).toBe('explained');
    // The old end is that of a page.
    expect(judged(append, read(1, [1, 3 * BLOCK, BLOCK], [0, 0, BLOCK], [2, BLOCK, BLOCK]))).toBe('zeros');
    expect(judged(append, read(10, [1, 3 * BLOCK, BLOCK], [0, 0, 2 * BLOCK]))).toBe('zeros');
  });

  test('shows zeros in the rest of the page with the old end, until it returns', () => {
    const cut: Call = [0, { op: 'ftruncate', handle: 'fd0', size: 2 * BLOCK }, DONE, 0, 1];
    const content = { seed: 2, length: 4 * BLOCK };
    const longer: Call = [0, { op: 'write', handle: 'fd3', content }, counted(4 * BLOCK), 2, 9];
    const seen = (invoked: number, zeros: number): Call => {
      const outcome = found([1, BLOCK, BLOCK], [0, 0, zeros], [2, zeros, 4 * BLOCK - zeros]);
      return [1, pread(BLOCK, 6 * BLOCK), outcome, invoked, invoked + 1];
    };
    expect(judged(cut, longer, seen(3, 0))).toBe('explained');
    expect(judged(cut, longer, seen(3, 2 * BLOCK))).toBe('explained');
    expect(judged(cut, longer, seen(3, 3 * BLOCK))).toBe('zeros');
    expect(judged(cut, longer, seen(10, 2 * BLOCK))).toBe('zeros');
  });

  // filemap_read goes by the size anew, and the page came in before the write had anything on the device. Seen with drawn programs.
  test('that begins before the old end shows what there was before it up to there, and zeros behind', () => {
    const cut: Call = [0, { op: 'ftruncate', handle: 'fd0', size: 2 * BLOCK + 100 }, DONE, 0, 1];
    const direct = { ...pwrite(2, 2 * BLOCK, 2 * BLOCK), handle: 'fd4' } as Operation;
    const longer: Call = [0, direct, counted(2 * BLOCK), 2, 9];
    const seen = (invoked: number, seed: number): Call => [
      1,
      pread(2 * BLOCK, BLOCK),
      found([seed, seed === 1 ? 2 * BLOCK : 0, 100], [0, 0, BLOCK - 100]),
      invoked,
      invoked + 1,
    ];
    expect(judged(cut, longer, seen(3, 1))).toBe('explained');
    expect(judged(cut, longer, seen(3, 2))).toBe('explained');
    expect(judged(cut, longer, seen(3, 3))).toBe('bytes that nobody wrote');
    expect(judged(cut, longer, seen(10, 1))).toBe('bytes that nobody wrote');
  });

  test('grows the file once: no stat sees a size in between', () => {
    const grown: Outcome = {
      ok: true,
      value: { kind: 'stat', stat: { ...statOf(), size: 5 * BLOCK } },
    };
    expect(judged(append, [1, { op: 'fstat', handle: 'fd1' }, grown, 1, 2])).toBe('size of fstat');
  });
});

describe('a direct read', () => {
  const write: Call = [0, pwrite(2, 0, 4 * BLOCK), counted(4 * BLOCK), 0, 9];
  const half: Call = [
    1,
    { op: 'pread', handle: 'fd4', offset: 0, length: 4 * BLOCK },
    found([2, 0, BLOCK], [1, BLOCK, 3 * BLOCK]),
    1,
    8,
  ];

  test('sees all or nothing of a write through the cache', () => {
    const read = (seed: number): Call => half.with(2, found([seed, 0, 4 * BLOCK])) as unknown as Call;
    expect(judged(write, read(1))).toBe('explained');
    expect(judged(write, read(2))).toBe('explained');
    expect(judged(write, half)).not.toBe('explained');
  });

  test('sees blocks of a direct overwrite, which holds the lock for reading, too', () => {
    const direct = { ...pwrite(2, 0, 4 * BLOCK), handle: 'fd4' } as Operation;
    expect(judged([0, direct, counted(4 * BLOCK), 0, 9], half)).toBe('explained');
  });
});

/** What fstat says of the file before anything happened. */
function statOf(): Stat {
  const outcome = modelAtMount(programOf()).step({ op: 'stat', path: 'a' }, TIME_OF_RACE);
  if (!outcome.ok || outcome.value.kind !== 'stat') throw new Error('the file is there');
  return outcome.value.stat;
}
