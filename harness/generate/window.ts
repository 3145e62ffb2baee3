import type { FallocateMode, OperationName, Path } from '../../model/index.ts';
import type { ByteRange } from './boundaries.ts';
import type { Maker } from './data-makers.ts';
import type { Dice } from './dice.ts';
import {
  commit,
  dropCaches,
  onFile,
  openNew,
  pwrite,
  settle,
  times,
  type Pattern,
  type Work,
} from './pattern-steps.ts';
import { isReadWrite, type Scene } from './scene.ts';
import { fallocateModes } from './space-makers.ts';
import { stride } from './walk-pattern.ts';
import { WeightedChoice, weightsOf } from './weighted-choice.ts';

/**
 * A few blocks of one file, which for a stretch of a run all operations are about, through whatever door they come: what one of them
 * leaves behind in memory, the next one meets. Operations that are spread over files and offsets of many kinds hardly ever do.
 */
export interface Window extends ByteRange {
  /** The file that is opened under this name. */
  readonly path: Path;
  /** What comes to it. */
  readonly doors: WeightedChoice<OperationName>;
  readonly modes: WeightedChoice<FallocateMode>;
  /** Whose fsync commits what runs, of this file only what data=ordered wants; null in windows in which nobody does. */
  readonly other: Work | null;
}

/** Operations that do the same kind of thing to the bytes of a file, with usual weights. */
interface Doors {
  /** How much of a window they are, one of these. */
  readonly shares: readonly [number, ...number[]];
  readonly doors: WeightedChoice<OperationName>;
}

const doors = (
  shares: Doors['shares'],
  weights: Readonly<Partial<Record<OperationName, number>>>,
): Doors => ({ shares, doors: new WeightedChoice(weightsOf(weights as Record<OperationName, number>)) });

/** Whoever stores or loads maps the file first, and whoever needs a descriptor opens one. */
const DOORS: readonly Doors[] = [
  doors([12], { pwrite: 8, store: 7, write: 1, 'copy-file-range': 2, sendfile: 1 }),
  doors([4, 8, 12], { fallocate: 8, ftruncate: 4, truncate: 1 }),
  doors([6, 12], { pread: 6, load: 4, read: 1, seek: 5, fiemap: 2, bmap: 1, readahead: 1 }),
  doors([0, 3, 6], { fsync: 3, fdatasync: 1, sync: 1, 'sync-file-range': 2, writeback: 4, msync: 2 }),
  doors([0, 2, 4], { 'drop-caches': 2, reclaim: 2, fadvise: 2 }),
  doors([0, 3], { open: 4, close: 4, mmap: 3, munmap: 1 }),
];

/** How many of each kind, at most: a few that come often meet each other sooner than many that come seldom. */
const DOORS_MAX = 2;

function drawDoors(dice: Dice): WeightedChoice<OperationName> {
  const weights = new Map<OperationName, number>();
  for (const { shares, doors: choice } of DOORS) {
    const share = dice.pick(shares);
    const count = dice.between(1, DOORS_MAX);
    for (let index = 0; index < count; index++) {
      const name = choice.pick(dice);
      weights.set(name, (weights.get(name) ?? 0) + (share * SCALE) / count);
    }
  }
  return new WeightedChoice(weights);
}

/** So that shares are whole numbers, however many doors they are divided among. */
const SCALE = 6;

/** The same for what fallocate(2) does in a window. */
function drawModes({ dice, setup }: Scene): WeightedChoice<FallocateMode> {
  const weights = new Map<FallocateMode, number>();
  const modes = fallocateModes(setup);
  for (let count = dice.between(1, DOORS_MAX); count > 0; count--) weights.set(modes.pick(dice), 1);
  return new WeightedChoice(weights);
}

/** Of 100 operations while there is a window, how many are in it. */
const WINDOW_PERCENT = 85;

/** Of 100 operations while there is none, how many begin one. */
const BEGIN_PERCENT = 20;

/** One operation in so many of a window is followed by a commit, where somebody commits. */
const COMMIT_ONE_IN = 8;

/** Decides for each operation of a run whether it is in a window, and in which. */
export class Windows {
  readonly #scene: Scene;
  #window: Window | null = null;
  /** Operations until the window is over. */
  #left = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** The scene looks through a window for the next operation, or does not. What begins with that: steps of a new window, or the last of one. */
  move(): Pattern {
    const scene = this.#scene;
    const { dice, swarm } = scene;
    if (!swarm.hasWindows) return [];
    if (this.#left > 0) {
      this.#left--;
      scene.lookThrough(dice.percent(WINDOW_PERCENT) ? this.#window : null);
      if (this.#left === 0) return lookOver(scene);
      const other = this.#window?.other ?? null;
      return other !== null && dice.oneIn(COMMIT_ONE_IN) ? commit(other) : [];
    }
    scene.lookThrough(null);
    if (!dice.percent(BEGIN_PERCENT)) return [];
    const window = drawWindow(scene);
    this.#window = window;
    this.#left = dice.between(10, 40);
    scene.lookThrough(window);
    return ground(scene, window);
  }
}

function drawWindow(scene: Scene): Window {
  const { dice, names, boundaries } = scene;
  const file = dice.oneIn(4) ? null : names.file();
  const block = boundaries.blockBytes;
  const length = dice.pick([2 * block, 4 * block, 4096, 4096, 4096, 8192, 1 << 14]);
  const place = file === null || dice.oneIn(2) ? 0 : dice.oneIn(2) ? file.size : boundaries.offset(file);
  const start = place - (place % (dice.oneIn(2) ? 4096 : block));
  return {
    path: file?.path ?? names.freshPath(),
    start: dice.oneIn(4) ? Math.max(0, start - length + block) : start,
    length: Math.max(length, block),
    doors: drawDoors(dice),
    modes: drawModes(scene),
    other: dice.oneIn(2) ? openNew(scene, names.freshPath()) : null,
  };
}

/** What operations find when they come: nothing, data, or blocks without any, in memory or on the device, in one piece or in many. */
function ground(scene: Scene, window: Window): Pattern {
  const { dice } = scene;
  const file = worked(scene, window);
  const before = Math.min(window.start, dice.pick([0, 0, window.length, 1 << 15]));
  const start = window.start - before;
  // As often as not the file ends inside of the window.
  const behind = dice.oneIn(2) ? -dice.below(window.length) : dice.pick([0, window.length, 1 << 15]);
  const length = before + window.length + behind;
  const write = onFile(file, (now, view) => pwrite(now, view, start, length));
  const reserve = onFile(file, (_, { handle }) => ({
    op: 'fallocate',
    handle,
    mode: dice.oneIn(2) ? 'allocate' : 'keep-size',
    offset: start,
    length,
  }));
  const read = onFile(file, (_, { handle }) => ({ op: 'pread', handle, offset: start, length }));
  const grounds: readonly [readonly Maker[], ...(readonly Maker[])[]] = [
    [],
    [write],
    [write, settle(file), dropCaches],
    [write, settle(file), dropCaches, read],
    [reserve],
    [reserve, settle(file)],
  ];
  return [...file.opening, ...(window.other?.opening ?? []), ...dice.pick(grounds)];
}

/** What is data there, and what a hole, one after the other; while much of it is in memory only. */
function lookOver(scene: Scene): Pattern {
  const open = scene.open(isReadWrite);
  if (scene.window === null || open === null || scene.swarm.seekDataPercent === 0) return [];
  return times(scene.dice.below(7), stride({ handle: open.handle, opening: [] }));
}

/** A descriptor to begin with. */
function worked(scene: Scene, { path }: Window): Work {
  const open = scene.open(isReadWrite);
  return open === null ? openNew(scene, path) : { handle: open.handle, opening: [] };
}
