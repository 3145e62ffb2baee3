import fc from 'fast-check';
import type { FallocateMode, Handle, OpenFlags, Operation } from '../../model/index.ts';
import type { BlockSize } from '../setup.ts';
import { setupOf, type RaceMode } from './modes.ts';
import type { RaceProgram } from './program.ts';
import type { RaceTask } from './race-target.ts';

const TASKS_MAX = 4;
const OPERATIONS_MAX = 3;

/** Files are a few blocks long: two pages where a block is smaller than one. */
const END_BLOCKS = 6;

/** How much of the file a mapping shows. */
const MAPPED_BYTES = 8 * 4096;

/** Places next to ends of blocks and pages, where mistakes are. */
const placeIn = (block: number): fc.Arbitrary<number> =>
  fc
    .tuple(fc.nat(END_BLOCKS), fc.constantFrom(0, 0, 1, -1, Math.floor(block / 2)))
    .map(([blocks, beside]) => Math.max(0, blocks * block + beside));

const lengthIn = (block: number): fc.Arbitrary<number> =>
  fc.oneof(fc.constantFrom(1, block, 2 * block, 4 * block), fc.integer({ min: 1, max: 4 * block }));

/** What is done to files in a program beside plain calls: never both, as nobody says what a store and a direct write leave. */
type Way = 'plain' | 'direct' | 'mapped';

const plain = (operation: Operation, weight: number) => ({ weight, arbitrary: fc.constant(operation) });

function operationOn(handle: Handle, path: string, block: number): fc.Arbitrary<Operation> {
  return fc.oneof(
    { weight: 16, arbitrary: transferOn(handle, placeIn(block), lengthIn(block)) },
    { weight: 2, arbitrary: shortWriteOn(handle, placeIn(block), lengthIn(block)) },
    { weight: 5, arbitrary: placeIn(block).map((size): Operation => ({ op: 'ftruncate', handle, size })) },
    { weight: 3, arbitrary: fallocationOn(handle, block) },
    { weight: 3, arbitrary: cacheOperationOn(handle, path, block) },
    plain({ op: 'fsync', handle }, 3),
    plain({ op: 'fdatasync', handle }, 1),
    plain({ op: 'sync' }, 1),
    plain({ op: 'drop-caches' }, 1),
    plain({ op: 'unlink', path }, 1),
    plain({ op: 'rename', from: path, to: path === 'a' ? 'b' : 'a' }, 1),
  );
}

/** Reads, writes and stats. */
function transferOn(
  handle: Handle,
  place: fc.Arbitrary<number>,
  length: fc.Arbitrary<number>,
): fc.Arbitrary<Operation> {
  const content = fc.record({ seed: fc.integer({ min: 10, max: 99 }), length });
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(place, content)
        .map(([offset, what]): Operation => ({ op: 'pwrite', handle, offset, content: what })),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(place, length)
        .map(([offset, count]): Operation => ({ op: 'pread', handle, offset, length: count })),
    },
    plain({ op: 'fstat', handle }, 1),
  );
}

/** A write that finds no memory from some byte on. Through the cache only: of a direct one nobody can say what it left. */
const shortWriteOn = (
  handle: Handle,
  place: fc.Arbitrary<number>,
  length: fc.Arbitrary<number>,
): fc.Arbitrary<Operation> =>
  fc.tuple(place, length, length, fc.integer({ min: 10, max: 99 })).map(([offset, faultAt, more, seed]) => ({
    op: 'pwrite',
    handle,
    offset,
    content: { seed, length: faultAt + more },
    faultAt,
  }));

const FALLOCATE_MODES: readonly FallocateMode[] = [
  'allocate',
  'keep-size',
  'punch',
  'punch',
  'zero',
  'zero-keep-size',
  'collapse',
  'insert',
];

function fallocationOn(handle: Handle, block: number): fc.Arbitrary<Operation> {
  const blocks = fc.integer({ min: 1, max: 3 }).map((count) => count * block);
  return fc
    .constantFrom(...FALLOCATE_MODES)
    .chain((mode) => {
      const shifts = mode === 'collapse' || mode === 'insert';
      return fc.tuple(fc.constant(mode), shifts ? blocks : placeIn(block), shifts ? blocks : lengthIn(block));
    })
    .map(([mode, offset, length]): Operation => ({ op: 'fallocate', handle, mode, offset, length }));
}

/** What the kernel does with cached pages when it likes. */
function cacheOperationOn(handle: Handle, path: string, block: number): fc.Arbitrary<Operation> {
  const whole = { offset: 0, length: (END_BLOCKS + 4) * block };
  return fc.constantFrom<Operation>(
    { op: 'writeback', path, ...whole },
    { op: 'reclaim', path, ...whole },
    { op: 'readahead', handle, ...whole },
    { op: 'fadvise', handle, ...whole, advice: 'dontneed' },
    { op: 'sync-file-range', handle, ...whole, wait: 'after', write: true },
  );
}

const SECTOR_BYTES = 512;

/** Reads and writes of whole sectors. */
const directOperationOn = (handle: Handle, block: number): fc.Arbitrary<Operation> => {
  const sectors = (bytes: number): number => bytes - (bytes % SECTOR_BYTES);
  const length = lengthIn(block).map((bytes) => Math.max(SECTOR_BYTES, sectors(bytes)));
  return transferOn(handle, placeIn(block).map(sectors), length);
};

const PAGE_BYTES = 4096;

/** Stores within a block of the first page, which `keepingFirstPage` keeps in the file. */
const storeIn = (block: number): fc.Arbitrary<Operation> => {
  const unit = Math.min(block, PAGE_BYTES);
  return fc
    .tuple(fc.nat(PAGE_BYTES / unit - 1), fc.nat(unit / 2), fc.integer({ min: 10, max: 99 }))
    .map(([index, within, seed]): Operation => ({
      op: 'store',
      mapping: 'map0',
      offset: index * unit + within,
      content: { seed, length: unit / 4 },
    }));
};

/** The same operation, but that the file never gets shorter than a page (rule 14 of atomicity.ts). */
function keepingFirstPage(operation: Operation): Operation {
  if (operation.op === 'ftruncate') return { ...operation, size: Math.max(operation.size, PAGE_BYTES) };
  const collapses = operation.op === 'fallocate' && operation.mode === 'collapse';
  return collapses ? { ...operation, mode: 'punch' } : operation;
}

const open = (handle: Handle, path: string, flags: OpenFlags = {}): Operation => ({
  op: 'open',
  as: handle,
  path,
  access: 'read-write',
  flags,
  mode: 0o644,
});

/** Two files, on the disk with or without a hole, and partly in memory; tasks with descriptors of their own. */
export function racePrograms(
  mode: RaceMode,
  blockSize: BlockSize,
  faults: readonly string[],
): fc.Arbitrary<RaceProgram> {
  const place = placeIn(blockSize);
  const made = (path: string) =>
    fc
      .tuple(place, place)
      .map(([size, written]): Operation[] => [
        open('fd0', path, { create: true }),
        { op: 'pwrite', handle: 'fd0', offset: 0, content: { seed: 1, length: Math.max(1, written) } },
        { op: 'ftruncate', handle: 'fd0', size },
        { op: 'close', handle: 'fd0' },
      ]);
  // Beside a direct task nobody writes through its descriptor: what is dirty comes from the second task's.
  const dirty = fc.array(fc.tuple(place, lengthIn(blockSize)), { maxLength: 2 }).map((list) =>
    list.map(([offset, length], index): Operation => ({
      op: 'pwrite',
      handle: 'fd1',
      offset,
      content: { seed: 2 + index, length },
    })),
  );
  const tasks = fc
    .tuple(fc.constantFrom<Way>('plain', 'direct', 'mapped'), fc.integer({ min: 2, max: TASKS_MAX }))
    .chain(([way, count]) =>
      fc.tuple(
        ...Array.from({ length: count }, (_, index) => taskOn(index, blockSize, index === 0 ? way : 'plain')),
      ),
    );
  return fc.tuple(made('a'), made('b'), dirty, tasks).map(([a, b, written, drawn]): RaceProgram => {
    const isMapped = drawn.some(({ opens }) => opens.some(({ op }) => op === 'mmap'));
    const kept = (list: readonly Operation[]): Operation[] =>
      isMapped ? list.map(keepingFirstPage) : [...list];
    return {
      setup: setupOf(mode, blockSize),
      target: mode.target,
      faults,
      image: kept([...a, ...b]),
      before: [...drawn.flatMap(({ opens }) => opens), ...written],
      tasks: drawn.map(({ task: { name, operations } }) => ({ name, operations: kept(operations) })),
    };
  });
}

interface DrawnTask {
  readonly opens: readonly Operation[];
  readonly task: RaceTask;
}

/** Most tasks work on the same file. */
function taskOn(index: number, block: number, way: Way): fc.Arbitrary<DrawnTask> {
  const handle: Handle = `fd${index}`;
  return fc
    .oneof(
      { weight: 4, arbitrary: fc.constant('a') },
      { weight: index === 0 ? 0 : 1, arbitrary: fc.constant('b') },
    )
    .chain((path) => {
      const operation =
        way === 'direct'
          ? directOperationOn(handle, block)
          : way === 'mapped'
            ? storeIn(block)
            : operationOn(handle, path, block);
      return fc.array(operation, { minLength: 1, maxLength: OPERATIONS_MAX }).map((operations) => ({
        opens: opensOf(handle, path, way),
        task: { name: `task ${index + 1}`, operations },
      }));
    });
}

function opensOf(handle: Handle, path: string, way: Way): Operation[] {
  if (way === 'direct') return [open(handle, path, { direct: true })];
  const opened = open(handle, path);
  if (way === 'plain') return [opened];
  const length = MAPPED_BYTES;
  return [
    opened,
    { op: 'mmap', as: 'map0', handle, offset: 0, length, sharing: 'shared', access: 'read-write' },
  ];
}
