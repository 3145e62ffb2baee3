import type { OperationName } from '../../model/index.ts';
import { hasFeature } from '../format.ts';
import { SMALLEST_BYTES, type Setup } from '../setup.ts';
import type { Unperformed } from '../unperformed.ts';
import type { Dice } from './dice.ts';
import { drawTransferChances, type TransferChances } from './transfer-chances.ts';
import { drawGroups } from './group-weights.ts';
import { isAboutNames, subjectsOf } from './subjects.ts';
import { WEIGHT_SCALE, WeightedChoice, drawWeights, type Weights } from './weighted-choice.ts';

/** Usual weights of what changes something. Data operations dominate: that is where the two I/O paths differ. */
const CHANGES = {
  open: 14,
  close: 5,
  write: 12,
  pwrite: 24,
  seek: 4,
  truncate: 5,
  ftruncate: 9,
  fsync: 2,
  fdatasync: 2,
  sync: 1,
  mkdir: 4,
  rmdir: 3,
  unlink: 5,
  rename: 6,
  link: 4,
  symlink: 4,
  'drop-caches': 2,
  remount: 1,
};

/** Usual weights of what looks on, or changes an attribute: never so many that nothing else happens. */
const LOOKS = {
  read: 9,
  pread: 24,
  readlink: 2,
  stat: 3,
  lstat: 2,
  readdir: 3,
  fstat: 2,
  chmod: 2,
  chown: 2,
  utimens: 2,
  statfs: 1,
};

/** Where an offset or a size lies; boundaries.ts gives each its meaning. */
const OFFSETS = {
  start: 6,
  'end-of-file': 16,
  'run-boundary': 14,
  recent: 14,
  block: 14,
  page: 6,
  folio: 8,
  tail: 10,
  near: 8,
};

const FAR_OFFSETS = { ...OFFSETS, '4-gib': 8, 'block-limit': 4, maximum: 8, magnitude: 4 };

const LENGTHS = {
  zero: 2,
  one: 6,
  few: 14,
  'sub-block': 20,
  block: 14,
  blocks: 10,
  'to-block-end': 14,
  'to-landmark': 14,
  large: 3,
  huge: 1,
};

const PATTERNS = {
  append: 4,
  scattered: 2,
  overwrite: 3,
  'shrink-and-grow': 5,
  'read-back': 5,
  'unlinked-while-open': 2,
  'replace-by-rename': 3,
  crowd: 2,
  'directory-moves': 2,
  'link-loop': 2,
  limit: 1,
  fill: 0,
  attributes: 0,
  swap: 0,
  unnamed: 0,
  visit: 0,
  capable: 0,
  untouched: 0,
  holes: 0,
  reserve: 0,
  'move-contents': 0,
  defragment: 0,
  'change-map': 0,
  frozen: 0,
  'swap-file': 0,
  copies: 0,
  'past-cache': 0,
  'flush-range': 0,
  pressure: 0,
  'stray-store': 0,
  'cut-mapping': 0,
};

/** The weight of a pattern about metadata, in runs that do such things, on the scale of drawn weights. */
const METADATA_PATTERN = 24;

export type OffsetClass = keyof typeof FAR_OFFSETS;
export type LengthClass = keyof typeof LENGTHS;
export type PatternName = keyof typeof PATTERNS | 'walk' | 'brim' | 'mosaic' | 'far-blocks';

/** What one run is like. Drawn anew for each, so that runs differ from each other more than operations do. */
export interface Swarm {
  readonly kinds: WeightedChoice<OperationName>;
  readonly offsets: WeightedChoice<OffsetClass>;
  readonly lengths: WeightedChoice<LengthClass>;
  readonly patterns: WeightedChoice<PatternName>;
  /** Of 100 operations that are no part of a pattern, how many start one. */
  readonly patternPercent: number;
  /** Of 100 operations, how many are meant to fail. */
  readonly mistakePercent: number;
  /** Of 100 choices of a file, how many fall on the oldest: many bugs need many operations on one file. */
  readonly focusPercent: number;
  /** Of 100 renames, how many have a flag; of 100 opens, how many make a file without a name. */
  readonly renameFlagPercent: number;
  readonly unnamedPercent: number;
  /** Of 100 seeks, how many look for data or a hole. */
  readonly seekDataPercent: number;
  readonly transfers: TransferChances;
  /** Whether for stretches of the run operations are about a few blocks of one file (window.ts). */
  readonly hasWindows: boolean;
  /** How many names files, directories and links share; few make them meet. */
  readonly names: number;
  /** Components of the deepest directory in which something is made. */
  readonly depthMax: number;
  /** Descriptors that are open at once. */
  readonly handlesMax: number;
}

export function drawSwarm(dice: Dice, setup: Setup, unperformed: Unperformed): Swarm {
  const tight = isTight(setup);
  const kinds = drawKinds(dice, setup, unperformed);
  const renameFlagPercent = dice.pick([0, 0, 20, 50]);
  const unnamedPercent = dice.pick([0, 0, 5, 20]);
  const seekDataPercent = unperformed.has('seek data') ? 0 : dice.pick([0, 20, 60]);
  const transfers = drawTransferChances(dice, unperformed);
  const patterns: Weights<PatternName> = drawWeights(dice, PATTERNS, 3);
  const settle = (name: PatternName, wanted: boolean, weight = METADATA_PATTERN): void =>
    void patterns.set(name, wanted ? weight : 0);
  settle('fill', tight, 30);
  if (isAboutNames(setup)) patterns.set('crowd', 2 * METADATA_PATTERN);
  settle('attributes', kinds.has('setxattr'), 1.5 * METADATA_PATTERN);
  settle('swap', renameFlagPercent > 0);
  settle('unnamed', unnamedPercent > 0);
  settle('capable', kinds.has('setxattr'), METADATA_PATTERN / 3);
  settle('untouched', kinds.has('chattr'));
  settle('visit', kinds.has('setcreds'), 2 * METADATA_PATTERN);
  settle('holes', kinds.has('fallocate'));
  settle('reserve', kinds.has('fallocate'));
  settle('move-contents', kinds.has('fallocate'));
  settle('far-blocks', kinds.has('fallocate'), METADATA_PATTERN / 2);
  settle('brim', kinds.has('fallocate') && canBeFilled(setup), 2 * METADATA_PATTERN);
  settle('defragment', kinds.has('move-extent'));
  settle('change-map', kinds.has('chattr'));
  settle('swap-file', kinds.has('swapon'), 4 * METADATA_PATTERN);
  settle('frozen', kinds.has('freeze'));
  settle('copies', kinds.has('copy-file-range'));
  settle('past-cache', transfers.directPercent > 0);
  settle('stray-store', kinds.has('store'));
  settle('cut-mapping', kinds.has('store'));
  settle('mosaic', kinds.has('store'), 4 * METADATA_PATTERN);
  settle('pressure', kinds.has('reclaim'));
  settle('flush-range', kinds.has('sync-file-range'));
  return {
    kinds,
    offsets: drawOffsets(dice),
    lengths: new WeightedChoice(drawWeights(dice, LENGTHS, 5)),
    patterns: new WeightedChoice(patterns),
    patternPercent: tight ? 15 : dice.pick([0, 2, 5, 10, 20]),
    mistakePercent: dice.pick([0, 2, 4, 8, 25]),
    focusPercent: dice.pick([0, 30, 60, 90]),
    renameFlagPercent,
    unnamedPercent,
    seekDataPercent,
    transfers,
    hasWindows: false,
    names: dice.pick([2, 3, 5, 12]),
    depthMax: dice.pick([0, 1, 2, 4]),
    handlesMax: dice.pick([1, 2, 4, 8]),
  };
}

/** Without a file nothing happens, and without data in it little. */
function drawKinds(dice: Dice, setup: Setup, unperformed: Unperformed): WeightedChoice<OperationName> {
  const kinds: Weights<OperationName> = new Map();
  drawWeights(dice, CHANGES, 6, 8, kinds);
  drawWeights(dice, LOOKS, 6, 2, kinds);
  drawGroups(dice, kinds, subjectsOf(setup));
  const atLeast = (name: keyof typeof CHANGES): void =>
    void kinds.set(name, Math.max(kinds.get(name) ?? 0, CHANGES[name] * WEIGHT_SCALE));
  // One remount costs as much as fifty other operations: few runs have them.
  if (!dice.oneIn(4)) kinds.set('remount', 0);
  atLeast('open');
  if (!dice.oneIn(12)) atLeast(dice.oneIn(3) ? 'write' : 'pwrite');
  for (const name of unperformed) if (kinds.has(name as OperationName)) kinds.set(name as OperationName, 0);
  return new WeightedChoice(kinds);
}

/** Whether a run can fill the device: it is the smallest, or nearly so. */
export function isTight(setup: Setup): boolean {
  return setup.sizeBytes < SMALLEST_BYTES[setup.blockSize] * 1.5;
}

/** With inline_data nobody knows what a full device must still take (setups.ts), and only extents take blocks without writing any. */
const canBeFilled = ({ format }: Setup): boolean =>
  hasFeature(format, 'extent') && !hasFeature(format, 'inline_data');

/** Far offsets in few runs only: a file with a hole of gigabytes has nothing else in common with other files. */
function drawOffsets(dice: Dice): WeightedChoice<OffsetClass> {
  if (dice.oneIn(6)) return new WeightedChoice(drawWeights(dice, FAR_OFFSETS, 4));
  return new WeightedChoice<OffsetClass>(drawWeights(dice, OFFSETS, 4));
}
