import fc from 'fast-check';
import type { Handle, OpenFlags, Operation } from '../../model/index.ts';
import type { BlockSize } from '../setup.ts';
import {
  callOn,
  directCallOn,
  kindsOfProgram,
  layoutCallOn,
  lengthIn,
  placeIn,
  storesIn,
  placesFor,
  type Kinds,
  type Places,
} from './draw-calls.ts';
import { setupOf, type RaceMode } from './modes.ts';
import type { RaceProgram } from './program.ts';
import { keepingFirstPage } from './promised.ts';
import type { RaceTask } from './race-target.ts';

/** Most have two tasks: of more, each schedule says less of any two. */
const tasksOfProgram = fc.constantFrom(2, 2, 2, 3, 3, 4);

const OPERATIONS = { minLength: 1, maxLength: 3 };

/** How much of the file a mapping shows. */
const MAPPED_BYTES = 8 * 4096;

/** What is done to files in a program beside plain calls: never both, as nobody says what a store and a direct write leave. */
type Way = 'plain' | 'direct' | 'mapped';

const open = (handle: Handle, path: string, flags: OpenFlags = {}): Operation => ({
  op: 'open',
  as: handle,
  path,
  access: 'read-write',
  flags,
  mode: 0o644,
});

/** A file with data at its beginning, or a byte, perhaps other states of blocks, and perhaps another size: a mapped one is long enough for it. */
function fileOnDisk(path: string, places: Places, way: Way): fc.Arbitrary<Operation[]> {
  const handle = 'fd0';
  const size = placeIn(places);
  return fc
    .tuple(
      fc.oneof(fc.constant(0), size),
      fc.array(layoutCallOn({ handle, path, places }), { maxLength: 2 }),
      way === 'mapped' ? size : fc.option(size),
    )
    .map(([written, layout, end]) => [
      open(handle, path, { create: true }),
      { op: 'pwrite', handle, offset: 0, content: { seed: 1, length: Math.max(1, written) } },
      ...layout,
      ...(end === null ? [] : [{ op: 'ftruncate', handle, size: end } as const]),
      { op: 'close', handle },
    ]);
}

/**
 * What is dirty when the race begins, or was, and what is in memory. Beside a direct task nobody writes through its descriptor: what
 * is dirty comes from the second task's.
 */
function dirtied(places: Places): fc.Arbitrary<Operation[]> {
  const handle = 'fd1';
  const written = fc
    .tuple(placeIn(places), lengthIn(places), fc.integer({ min: 2, max: 9 }))
    .map(([offset, length, seed]): Operation => ({
      op: 'pwrite',
      handle,
      offset,
      content: { seed, length },
    }));
  return fc.array(
    fc.oneof(
      { weight: 6, arbitrary: written },
      { weight: 1, arbitrary: fc.constant<Operation>({ op: 'fsync', handle }) },
      { weight: 1, arbitrary: fc.constant<Operation>({ op: 'drop-caches' }) },
    ),
    { maxLength: 3 },
  );
}

/** What all tasks of a program have in common. */
interface Common {
  readonly block: number;
  readonly places: Places;
  readonly kinds: Kinds;
  readonly way: Way;
}

/** Two files, on the disk with or without holes, and partly in memory; tasks with descriptors of their own. */
export function racePrograms(
  mode: RaceMode,
  blockSize: BlockSize,
  faults: readonly string[],
): fc.Arbitrary<RaceProgram> {
  return fc
    .tuple(placesFor(blockSize), kindsOfProgram, fc.constantFrom<Way>('plain', 'direct', 'mapped'))
    .chain(([places, kinds, way]) =>
      fc.tuple(
        fc.constant(way),
        fileOnDisk('a', places, way),
        fileOnDisk('b', places, way),
        dirtied(places),
        tasksOn({ block: blockSize, places, kinds, way }),
      ),
    )
    .map(([way, a, b, written, drawn]): RaceProgram => {
      const kept = (list: readonly Operation[]): Operation[] =>
        way === 'mapped' ? list.map(keepingFirstPage) : [...list];
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

/** Only the first works in the program's way, all others with plain calls. */
const tasksOn = (common: Common): fc.Arbitrary<DrawnTask[]> =>
  tasksOfProgram.chain((count) =>
    fc.tuple(
      ...Array.from({ length: count }, (_, index) =>
        taskOn(index, index === 0 ? common : { ...common, way: 'plain' }),
      ),
    ),
  );

/** Most tasks work on the same file. */
function taskOn(index: number, { block, places, kinds, way }: Common): fc.Arbitrary<DrawnTask> {
  const handle: Handle = `fd${index}`;
  return fc
    .oneof(
      { weight: 4, arbitrary: fc.constant('a') },
      { weight: index === 0 ? 0 : 1, arbitrary: fc.constant('b') },
    )
    .chain((path) => {
      const subject = { handle, path, places };
      const calls =
        way === 'mapped'
          ? storesIn(block, OPERATIONS)
          : fc.array(way === 'direct' ? directCallOn(subject) : callOn(subject, kinds), OPERATIONS);
      return calls.map((operations) => ({
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
