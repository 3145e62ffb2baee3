import fc from 'fast-check';
import type { FallocateMode, Handle, Operation } from '../../model/index.ts';
import { PAGE_BYTES } from './atomicity.ts';

/** What a call of a program is about. */
export interface Subject {
  readonly handle: Handle;
  readonly path: string;
  readonly places: Places;
}

/** Where calls of a program touch its files: half of them where the others do, as what lies apart does nothing to each other. */
export interface Places {
  readonly unit: number;
  /** In units. */
  readonly focus: number;
}

/** Files are a few units long: two pages where a block is smaller than one. */
const END_UNITS = 6;

/** Places next to ends of blocks and pages, where mistakes are. */
export const placeIn = ({ unit, focus }: Places): fc.Arbitrary<number> =>
  fc
    .tuple(
      fc.oneof(fc.nat(END_UNITS), fc.constant(focus)),
      fc.constantFrom(0, 0, 1, -1, Math.floor(unit / 2)),
    )
    .map(([units, beside]) => Math.max(0, units * unit + beside));

export const lengthIn = ({ unit }: Places): fc.Arbitrary<number> =>
  fc.oneof(fc.constantFrom(1, unit, 2 * unit, 4 * unit), fc.integer({ min: 1, max: 4 * unit }));

const contentOf = (length: fc.Arbitrary<number>) =>
  fc.record({ seed: fc.integer({ min: 10, max: 99 }), length });

type Place = fc.Arbitrary<number>;

const writeOn = (handle: Handle, place: Place, length: Place): fc.Arbitrary<Operation> =>
  fc.tuple(place, contentOf(length)).map(([offset, content]) => ({ op: 'pwrite', handle, offset, content }));

const readOn = (handle: Handle, place: Place, length: Place): fc.Arbitrary<Operation> =>
  fc.tuple(place, length).map(([offset, count]) => ({ op: 'pread', handle, offset, length: count }));

const plain = (operation: Operation): fc.Arbitrary<Operation> => fc.constant(operation);

/** A write that finds no memory from some byte on. Through the cache only: of a direct one nobody can say what it left. */
const shortWriteOn = ({ handle, places }: Subject): fc.Arbitrary<Operation> =>
  fc
    .tuple(placeIn(places), lengthIn(places), lengthIn(places), fc.integer({ min: 10, max: 99 }))
    .map(([offset, faultAt, more, seed]) => ({
      op: 'pwrite',
      handle,
      offset,
      content: { seed, length: faultAt + more },
      faultAt,
    }));

function fallocationOn(
  { handle, places }: Subject,
  modes: readonly FallocateMode[],
): fc.Arbitrary<Operation> {
  return fc
    .tuple(fc.constantFrom(...modes), placeIn(places), lengthIn(places))
    .map(([mode, offset, length]) => ({ op: 'fallocate', handle, mode, offset, length }));
}

function shiftOn({ handle, places }: Subject): fc.Arbitrary<Operation> {
  const units = fc.integer({ min: 1, max: 3 }).map((count) => count * places.unit);
  return fc
    .tuple(fc.constantFrom<FallocateMode>('collapse', 'insert'), units, units)
    .map(([mode, offset, length]) => ({ op: 'fallocate', handle, mode, offset, length }));
}

/** What the kernel does with cached pages when it likes. */
function cacheOperationOn({ handle, path, places }: Subject): fc.Arbitrary<Operation> {
  const whole = { offset: 0, length: (END_UNITS + 4) * places.unit };
  return fc.constantFrom<Operation>(
    { op: 'writeback', path, ...whole },
    { op: 'reclaim', path, ...whole },
    { op: 'readahead', handle, ...whole },
    { op: 'fadvise', handle, ...whole, advice: 'dontneed' },
    { op: 'sync-file-range', handle, ...whole, wait: 'after', write: true },
  );
}

interface Kind {
  readonly weight: number;
  readonly draw: (subject: Subject) => fc.Arbitrary<Operation>;
}

/** Kinds of calls, and how often each comes where all of them may. */
const KINDS: readonly Kind[] = [
  { weight: 8, draw: ({ handle, places }) => writeOn(handle, placeIn(places), lengthIn(places)) },
  { weight: 6, draw: ({ handle, places }) => readOn(handle, placeIn(places), lengthIn(places)) },
  { weight: 2, draw: ({ handle }) => plain({ op: 'fstat', handle }) },
  { weight: 2, draw: shortWriteOn },
  {
    weight: 5,
    draw: ({ handle, places }) => placeIn(places).map((size) => ({ op: 'ftruncate', handle, size })),
  },
  { weight: 1, draw: (subject) => fallocationOn(subject, ['allocate', 'keep-size']) },
  { weight: 1, draw: (subject) => fallocationOn(subject, ['punch']) },
  { weight: 1, draw: (subject) => fallocationOn(subject, ['zero', 'zero-keep-size']) },
  { weight: 1, draw: shiftOn },
  { weight: 3, draw: cacheOperationOn },
  { weight: 3, draw: ({ handle }) => plain({ op: 'fsync', handle }) },
  { weight: 1, draw: ({ handle }) => plain({ op: 'fdatasync', handle }) },
  { weight: 1, draw: () => plain({ op: 'sync' }) },
  { weight: 1, draw: () => plain({ op: 'drop-caches' }) },
  { weight: 1, draw: ({ path }) => plain({ op: 'unlink', path }) },
  { weight: 1, draw: ({ path }) => plain({ op: 'rename', from: path, to: path === 'a' ? 'b' : 'a' }) },
];

/** The kinds of calls that a program has. */
export type Kinds = readonly Kind[];

const FEW = { minLength: 2, maxLength: 4 };

/**
 * Two programs in three have few kinds of calls, as often the one as the other: what two of them do to each other shows where
 * there is little else, and where all may come, a pair of two seldom ones hardly ever does (swarm testing).
 */
export const kindsOfProgram: fc.Arbitrary<Kinds> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(KINDS) },
  {
    weight: 2,
    arbitrary: fc
      .shuffledSubarray([...KINDS], FEW)
      .map((few) => few.map(({ draw }) => ({ weight: 1, draw }))),
  },
);

export const callOn = (subject: Subject, kinds: Kinds): fc.Arbitrary<Operation> =>
  fc.oneof(...kinds.map(({ weight, draw }) => ({ weight, arbitrary: draw(subject) })));

const SECTOR_BYTES = 512;

/** Reads and writes of whole sectors, and stats. */
export function directCallOn({ handle, places }: Subject): fc.Arbitrary<Operation> {
  const sectors = (bytes: number): number => bytes - (bytes % SECTOR_BYTES);
  const place = placeIn(places).map(sectors);
  const length = lengthIn(places).map((bytes) => Math.max(SECTOR_BYTES, sectors(bytes)));
  return fc.oneof(
    { weight: 4, arbitrary: writeOn(handle, place, length) },
    { weight: 3, arbitrary: readOn(handle, place, length) },
    { weight: 1, arbitrary: plain({ op: 'fstat', handle }) },
  );
}

/**
 * Stores within one block of the first page, which `keepingFirstPage` keeps in the file. A write beside them is no single step (rule 8),
 * but its part of a block is: so orders of whole operations explain all that may happen.
 */
export function storesIn(block: number, count: { readonly minLength: number; readonly maxLength: number }) {
  const unit = Math.min(block, PAGE_BYTES);
  const store = (index: number): fc.Arbitrary<Operation> =>
    fc.tuple(fc.nat(unit / 2), fc.integer({ min: 10, max: 99 })).map(([within, seed]) => ({
      op: 'store',
      mapping: 'map0',
      offset: index * unit + within,
      content: { seed, length: unit / 4 },
    }));
  return fc.nat(PAGE_BYTES / unit - 1).chain((index) => fc.array(store(index), count));
}

/** What makes a file on the disk have written and unwritten blocks and holes side by side. */
export const layoutCallOn = (subject: Subject): fc.Arbitrary<Operation> =>
  fc.oneof(
    { weight: 2, arbitrary: fallocationOn(subject, ['allocate', 'keep-size', 'punch', 'zero']) },
    { weight: 1, arbitrary: writeOn(subject.handle, placeIn(subject.places), lengthIn(subject.places)) },
  );

/** Whole blocks or whole pages, where they differ: what is beside the end of the one is seldom beside that of the other. */
export const placesFor = (block: number): fc.Arbitrary<Places> =>
  fc.record({ unit: fc.constantFrom(block, Math.max(block, PAGE_BYTES)), focus: fc.nat(END_UNITS - 2) });
