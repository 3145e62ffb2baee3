import { PAGE_BYTES, type FallocateMode, type Handle, type Operation } from '../../model/index.ts';
import type { Dice } from '../generate/dice.ts';

/** What a call of a program is about. */
export interface Subject {
  readonly handle: Handle;
  readonly path: string;
  readonly places: Places;
}

/**
 * Where calls of a program touch its files: mostly with an edge at one place, in front of it or behind it, because what lies apart does
 * nothing to each other, and mistakes are made at edges.
 */
export interface Places {
  /** Bytes: of a block or a page. */
  readonly unit: number;
  /** In bytes. */
  readonly focus: number;
  /** How many in a hundred are at the focus. */
  readonly focused: number;
}

interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** The focus is in one of so many pages. */
const FOCUS_PAGES = 3;

/** What is read or written ends at most so many units behind the focus. */
const UNITS_BEHIND = 4;

/** More than any file of a race has. */
const WHOLE = { offset: 0, length: 1 << 20 };

/** Whole blocks or whole pages, where they differ: what is beside the end of the one is seldom beside that of the other. */
export function drawPlaces(block: number, focused: number, dice: Dice): Places {
  const unit = dice.pick([block, Math.max(block, PAGE_BYTES)]);
  const page = Math.max(unit, PAGE_BYTES);
  return { unit, focus: dice.below(FOCUS_PAGES) * page + dice.below(page / unit) * unit, focused };
}

/** A place next to the end of a block or page. */
export function placeIn({ unit, focus, focused }: Places, dice: Dice): number {
  const place = dice.percent(focused) ? focus : dice.below(focus / unit + UNITS_BEHIND) * unit;
  return Math.max(0, place + dice.pick([0, 0, 1, -1, Math.floor(unit / 2)]));
}

/** Where a file may end: at such a place, or a few units behind it, so that something follows what calls are about. */
export const endIn = (places: Places, dice: Dice): number =>
  placeIn(places, dice) + dice.pick([0, 1, 2, 3, 4, 6]) * places.unit;

function lengthIn({ unit }: Places, dice: Dice): number {
  return dice.oneIn(2) ? dice.pick([1, unit, 2 * unit, 4 * unit]) : dice.between(1, 4 * unit);
}

/** Begins or ends at such a place. */
export function rangeIn(places: Places, dice: Dice): ByteRange {
  const place = placeIn(places, dice);
  const length = lengthIn(places, dice);
  return dice.oneIn(2) && place > 0
    ? { offset: Math.max(0, place - length), length: Math.min(place, length) }
    : { offset: place, length };
}

const contentOf = (length: number, dice: Dice) => ({ seed: dice.between(10, 99), length });

export function drawWrite({ handle, places }: Subject, dice: Dice): Operation {
  const { offset, length } = rangeIn(places, dice);
  return { op: 'pwrite', handle, offset, content: contentOf(length, dice) };
}

export const drawRead = ({ handle, places }: Subject, dice: Dice): Operation => ({
  op: 'pread',
  handle,
  ...rangeIn(places, dice),
});

/**
 * A write that finds no memory from some byte on: with its beginning, its end, or that byte at the place. Through the cache only: of a
 * direct one nobody can say what it left.
 */
function drawShortWrite({ handle, places }: Subject, dice: Dice): Operation {
  const place = placeIn(places, dice);
  const faultAt = lengthIn(places, dice);
  const length = faultAt + lengthIn(places, dice);
  const offset = Math.max(0, place - dice.pick([0, faultAt, length]));
  return { op: 'pwrite', handle, offset, content: contentOf(length, dice), faultAt };
}

const drawFallocation =
  (...modes: [FallocateMode, ...FallocateMode[]]) =>
  ({ handle, places }: Subject, dice: Dice): Operation => ({
    op: 'fallocate',
    handle,
    mode: dice.pick(modes),
    ...rangeIn(places, dice),
  });

/** Of whole units, for what is no multiple of a block is refused: at the focus, in front of it, or from the second unit on. */
function drawShift({ handle, places: { unit, focus } }: Subject, dice: Dice): Operation {
  const length = dice.pick([1, 1, 2, 3]) * unit;
  const offset = dice.pick([focus, focus, Math.max(0, focus - length), unit]);
  return { op: 'fallocate', handle, mode: dice.pick<FallocateMode>(['collapse', 'insert']), offset, length };
}

const drawTruncation = ({ handle, places }: Subject, dice: Dice): Operation => ({
  op: 'ftruncate',
  handle,
  size: placeIn(places, dice),
});

/** What the kernel does with cached pages when it likes, and what waits until they are on the disk. */
export function drawCacheOperation({ handle, path }: Subject, dice: Dice): Operation {
  return dice.pick<Operation>([
    { op: 'fsync', handle },
    { op: 'fsync', handle },
    { op: 'writeback', path, ...WHOLE },
    { op: 'writeback', path, ...WHOLE },
    { op: 'reclaim', path, ...WHOLE },
    { op: 'drop-caches' },
    { op: 'sync' },
    { op: 'fdatasync', handle },
    { op: 'readahead', handle, ...WHOLE },
    { op: 'fadvise', handle, ...WHOLE, advice: 'dontneed' },
    { op: 'sync-file-range', handle, ...WHOLE, wait: 'after', write: true },
  ]);
}

const drawNameChange = ({ path }: Subject, dice: Dice): Operation =>
  dice.pick<Operation>([
    { op: 'unlink', path },
    { op: 'rename', from: path, to: path === 'a' ? 'b' : 'a' },
  ]);

const drawStat = ({ handle }: Subject): Operation => ({ op: 'fstat', handle });

type Draw = (subject: Subject, dice: Dice) => Operation;

/** The kinds of calls that a program has. */
export type Kinds = readonly [Draw, ...Draw[]];

/** Kinds of calls, each as often as it stands here. */
const KINDS: Kinds = weighted([
  [8, drawWrite],
  [3, drawShortWrite],
  [4, drawTruncation],
  [2, drawFallocation('allocate', 'keep-size')],
  [2, drawFallocation('punch')],
  [2, drawFallocation('zero', 'zero-keep-size')],
  [3, drawShift],
  [8, drawCacheOperation],
  [4, drawRead],
  [1, drawStat],
  [1, drawNameChange],
]);

function weighted(kinds: readonly (readonly [number, Draw])[]): [Draw, ...Draw[]] {
  const [first = drawWrite, ...others] = kinds.flatMap(([weight, draw]) =>
    Array.from({ length: weight }, () => draw),
  );
  return [first, ...others];
}

const FEW_MIN = 2;
const FEW_MAX = 4;

/**
 * Half of the programs have few kinds of calls, as often the one as the other: what two of them do to each other shows where
 * there is little else, and where all may come, a pair of two seldom ones hardly ever does (swarm testing).
 */
export function drawKinds(dice: Dice): Kinds {
  if (dice.oneIn(2)) return KINDS;
  const left = [...new Set(KINDS)];
  const few = Array.from(
    { length: dice.between(FEW_MIN, FEW_MAX) },
    () => left.splice(dice.below(left.length), 1)[0] ?? drawWrite,
  );
  const [first = drawWrite, ...others] = few;
  return [first, ...others];
}

export const drawCall = (subject: Subject, kinds: Kinds, dice: Dice): Operation =>
  dice.pick(kinds)(subject, dice);

const SECTOR_BYTES = 512;

/** A read or write of whole sectors, or a stat. */
export function drawDirectCall(subject: Subject, dice: Dice): Operation {
  const roll = dice.below(8);
  if (roll === 0) return drawStat(subject);
  const sectors = (bytes: number): number => bytes - (bytes % SECTOR_BYTES);
  const { handle, places } = subject;
  const drawn = rangeIn(places, dice);
  const range = { offset: sectors(drawn.offset), length: Math.max(SECTOR_BYTES, sectors(drawn.length)) };
  if (roll <= 3) return { op: 'pread', handle, ...range };
  return { op: 'pwrite', handle, offset: range.offset, content: contentOf(range.length, dice) };
}

/**
 * The same, where its bytes are all in front of a sector, or all behind its beginning: beside another direct task, which has the rest.
 * Of two that write the same bytes, nobody says what is left (rule 9).
 */
export function onOneSide(operation: Operation, border: number, behind: boolean): Operation {
  if (operation.op !== 'pwrite') return operation;
  const { content, offset } = operation;
  const end = offset + content.length;
  const [from, to] = behind
    ? [Math.max(offset, border), Math.max(end, border + SECTOR_BYTES)]
    : [Math.min(offset, border - SECTOR_BYTES), Math.min(end, border)];
  return { ...operation, offset: from, content: { ...content, length: to - from } };
}

/** A sector's beginning at such a place, which is not the first. */
export function borderIn(places: Places, dice: Dice): number {
  const place = placeIn(places, dice);
  return Math.max(SECTOR_BYTES, place - (place % SECTOR_BYTES));
}

/** Places beside a block of the first page, in which stores are: `keepingFirstPage` keeps that in the file. */
export function placesBesideStores(block: number, focused: number, dice: Dice): Places {
  const unit = Math.min(block, PAGE_BYTES);
  return { unit, focus: dice.below(PAGE_BYTES / unit + 1) * unit, focused };
}

/**
 * Stores within one block of the first page, which is beside the focus. A write beside them is no single step (rule 8), but its part of
 * a block is: so orders of whole operations explain all that may happen.
 */
export function drawStores({ unit, focus }: Places, count: number, dice: Dice): Operation[] {
  const block = Math.min(Math.max(0, focus - dice.below(2) * unit), PAGE_BYTES - unit);
  return Array.from({ length: count }, () => ({
    op: 'store',
    mapping: 'map0',
    offset: block + dice.between(0, unit / 2),
    content: contentOf(unit / 4, dice),
  }));
}

/** What a part of a file may be. */
type State = 'hole' | 'unwritten' | 'written';

/** Two states in turns show what is done at their border; of three, each would have less of the file. */
const PALETTES: readonly [readonly [State, State], ...(readonly [State, State])[]] = [
  ['hole', 'written'],
  ['written', 'hole'],
  ['unwritten', 'written'],
  ['written', 'unwritten'],
  ['hole', 'unwritten'],
  ['unwritten', 'hole'],
];

/** A file so long, of runs of units in two states in turns. */
export function drawMosaic({ handle, places: { unit } }: Subject, size: number, dice: Dice): Operation[] {
  const states = dice.pick(PALETTES);
  const calls: Operation[] = [];
  let end = 0;
  for (let run = 0; end < size; run++) {
    const offset = end;
    end = Math.min(size, end + dice.pick([1, 2, 3, 4]) * unit);
    const length = end - offset;
    const state = states[run % 2];
    if (state === 'written') calls.push({ op: 'pwrite', handle, offset, content: { seed: 1 + run, length } });
    if (state === 'unwritten') calls.push({ op: 'fallocate', handle, mode: 'keep-size', offset, length });
  }
  return [...calls, { op: 'ftruncate', handle, size }];
}

/** What makes a file on the disk have written and unwritten blocks and holes side by side. */
export const drawLayoutCall = (subject: Subject, dice: Dice): Operation =>
  dice.oneIn(3)
    ? drawWrite(subject, dice)
    : drawFallocation('allocate', 'keep-size', 'punch', 'zero')(subject, dice);
