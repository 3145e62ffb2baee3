import fc from 'fast-check';
import type { Handle, Operation } from '../../model/index.ts';
import type { BlockSize } from '../setup.ts';
import { setupOf, type RaceMode } from './modes.ts';
import type { RaceProgram } from './program.ts';
import type { RaceTask } from './race-target.ts';

const TASKS_MAX = 4;
const OPERATIONS_MAX = 3;

/** Files are a few blocks long: two pages where a block is smaller than one. */
const END_BLOCKS = 6;

/** Places next to ends of blocks and pages, where mistakes are. */
const placeIn = (block: number): fc.Arbitrary<number> =>
  fc
    .tuple(fc.nat(END_BLOCKS), fc.constantFrom(0, 0, 1, -1, Math.floor(block / 2)))
    .map(([blocks, beside]) => Math.max(0, blocks * block + beside));

const lengthIn = (block: number): fc.Arbitrary<number> =>
  fc.oneof(fc.constantFrom(1, block, 2 * block, 4 * block), fc.integer({ min: 1, max: 4 * block }));

function operationOn(handle: Handle, path: string, block: number): fc.Arbitrary<Operation> {
  const place = placeIn(block);
  const content = fc.record({ seed: fc.integer({ min: 10, max: 99 }), length: lengthIn(block) });
  const plain = (operation: Operation, weight: number) => ({ weight, arbitrary: fc.constant(operation) });
  return fc.oneof(
    {
      weight: 8,
      arbitrary: fc.tuple(place, content).map(([offset, what]): Operation => ({
        op: 'pwrite',
        handle,
        offset,
        content: what,
      })),
    },
    {
      weight: 6,
      arbitrary: fc
        .tuple(place, lengthIn(block))
        .map(([offset, length]): Operation => ({ op: 'pread', handle, offset, length })),
    },
    { weight: 5, arbitrary: place.map((size): Operation => ({ op: 'ftruncate', handle, size })) },
    plain({ op: 'fstat', handle }, 2),
    plain({ op: 'fsync', handle }, 3),
    plain({ op: 'fdatasync', handle }, 1),
    plain({ op: 'sync' }, 1),
    plain({ op: 'drop-caches' }, 1),
    plain({ op: 'unlink', path }, 1),
    plain({ op: 'rename', from: path, to: path === 'a' ? 'b' : 'a' }, 1),
  );
}

const open = (handle: Handle, path: string): Operation => ({
  op: 'open',
  as: handle,
  path,
  access: 'read-write',
  flags: {},
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
        { ...open('fd0', path), flags: { create: true } } as Operation,
        { op: 'pwrite', handle: 'fd0', offset: 0, content: { seed: 1, length: Math.max(1, written) } },
        { op: 'ftruncate', handle: 'fd0', size },
        { op: 'close', handle: 'fd0' },
      ]);
  const dirty = fc.array(fc.tuple(place, lengthIn(blockSize)), { maxLength: 2 }).map((list) =>
    list.map(([offset, length], index): Operation => ({
      op: 'pwrite',
      handle: 'fd0',
      offset,
      content: { seed: 2 + index, length },
    })),
  );
  const tasks = fc
    .integer({ min: 2, max: TASKS_MAX })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => taskOn(index, blockSize))));
  return fc.tuple(made('a'), made('b'), dirty, tasks).map(([a, b, written, drawn]): RaceProgram => ({
    setup: setupOf(mode, blockSize),
    target: mode.target,
    faults,
    image: [...a, ...b],
    before: [...drawn.map(({ opens }) => opens), ...written],
    tasks: drawn.map(({ task }) => task),
  }));
}

/** Most tasks work on the same file. */
function taskOn(index: number, block: number): fc.Arbitrary<{ opens: Operation; task: RaceTask }> {
  const handle: Handle = `fd${index}`;
  return fc
    .oneof(
      { weight: 4, arbitrary: fc.constant('a') },
      { weight: index === 0 ? 0 : 1, arbitrary: fc.constant('b') },
    )
    .chain((path) =>
      fc
        .array(operationOn(handle, path, block), { minLength: 1, maxLength: OPERATIONS_MAX })
        .map((operations) => ({
          opens: open(handle, path),
          task: { name: `task ${index + 1}`, operations },
        })),
    );
}
