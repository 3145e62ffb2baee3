import type { Handle, Operation } from '../../model/index.ts';
import { seededDice } from '../generate/seeded-dice.ts';
import type { Dice } from '../generate/dice.ts';
import type { BlockSize } from '../setup.ts';
import { open } from './catalogue/script.ts';
import {
  borderIn,
  drawCacheOperation,
  drawCall,
  drawDirectCall,
  drawKinds,
  drawLayoutCall,
  drawMosaic,
  drawPlaces,
  drawRead,
  drawStores,
  drawWrite,
  endIn,
  onOneSide,
  placesBesideStores,
  type Places,
} from './draw-calls.ts';
import { setupOf, type RaceMode } from './modes.ts';
import type { RaceProgram } from './program.ts';
import { keepingFirstPage } from './promised.ts';
import type { RaceTask } from './race-target.ts';

/** How large a program is, and how much of it is about one place. */
interface Extent {
  readonly tasks: readonly [number, ...number[]];
  readonly operations: readonly [number, ...number[]];
  /** In a hundred. */
  readonly focused: number;
}

/**
 * Four programs of five are meetings: two calls, or few more, which all have an edge at one place, whose blocks are in a state drawn for
 * it. A seldom pair of calls in a seldom state shows what it does to each other in one schedule of three to thirty then, so what counts
 * is how many such programs there are. The others are wide, for what takes more calls than anybody thinks of.
 */
const MEETING: Extent = { tasks: [2, 2, 2, 2, 2, 3], operations: [1, 1, 2], focused: 75 };
const WIDE: Extent = { tasks: [2, 2, 2, 3, 3, 4], operations: [1, 2, 3], focused: 50 };

/** How much of the file a mapping shows. */
const MAPPED_BYTES = 8 * 4096;

/**
 * What is done to files in a program beside plain calls: by its first task, or by the first two. Never stores beside direct writes, as
 * nobody says what they leave.
 */
type Way = 'plain' | 'direct' | 'both direct' | 'mapped';

const WAYS: readonly [Way, ...Way[]] = [
  'plain',
  'plain',
  'plain',
  'mapped',
  'mapped',
  'direct',
  'both direct',
];

/** Two files, on the disk with or without holes, and partly in memory; tasks with descriptors of their own. The same for the same seed. */
export function drawProgram(
  mode: RaceMode,
  blockSize: BlockSize,
  faults: readonly string[],
  seed: number,
): RaceProgram {
  return new ProgramDrawer(mode, blockSize, seededDice(seed)).draw(faults);
}

class ProgramDrawer {
  readonly #mode: RaceMode;
  readonly #block: BlockSize;
  readonly #dice: Dice;
  readonly #extent: Extent;
  readonly #places: Places;
  readonly #way: Way;
  /** Whether the last task does what the kernel does by itself: it brings cached pages to the disk, or gives their memory up. */
  readonly #flushes: boolean;

  constructor(mode: RaceMode, block: BlockSize, dice: Dice) {
    this.#mode = mode;
    this.#block = block;
    this.#dice = dice;
    this.#extent = dice.oneIn(5) ? WIDE : MEETING;
    this.#way = dice.pick(WAYS);
    const draw = this.#way === 'mapped' ? placesBesideStores : drawPlaces;
    this.#places = draw(block, this.#extent.focused, dice);
    this.#flushes = dice.oneIn(3);
  }

  draw(faults: readonly string[]): RaceProgram {
    const paths = this.#paths();
    const both = paths.includes('b') || this.#dice.oneIn(4);
    const image = [...this.#fileOnDisk('a'), ...(both ? this.#fileOnDisk('b') : [])];
    const tasks = this.#tasks(paths);
    return {
      setup: setupOf(this.#mode, this.#block),
      target: this.#mode.target,
      faults,
      image: this.#kept(image),
      before: [...paths.flatMap((path, index) => this.#opens(index, path)), ...this.#dirtied(paths)],
      tasks: tasks.map(({ name, operations }) => ({ name, operations: this.#kept(operations) })),
    };
  }

  #kept(operations: readonly Operation[]): Operation[] {
    return this.#way === 'mapped' ? operations.map(keepingFirstPage) : [...operations];
  }

  /** A file with blocks of several states, of which something may have been changed, and that ends somewhere. */
  #fileOnDisk(path: string): Operation[] {
    const dice = this.#dice;
    const handle = 'fd0';
    const subject = { handle, path, places: this.#places } as const;
    const mosaic = drawMosaic(subject, endIn(this.#places, dice), dice);
    const layout = Array.from({ length: dice.pick([0, 0, 1, 2]) }, () => drawLayoutCall(subject, dice));
    const size = endIn(this.#places, dice);
    const end: Operation[] =
      this.#way === 'mapped' || dice.oneIn(6) ? [{ op: 'ftruncate', handle, size }] : [];
    return [open(handle, path, { create: true }), ...mosaic, ...layout, ...end, { op: 'close', handle }];
  }

  /** Which file each task works on: most on the first's. */
  #paths(): string[] {
    const count = this.#dice.pick(this.#extent.tasks);
    return Array.from({ length: count }, (_, index) => (index > 0 && this.#dice.oneIn(6) ? 'b' : 'a'));
  }

  /** Whether a task works past the cache. */
  #isDirect(index: number): boolean {
    return this.#way === 'both direct' ? index < 2 : this.#way === 'direct' && index === 0;
  }

  #opens(index: number, path: string): Operation[] {
    const handle: Handle = `fd${index}`;
    const opened = open(handle, path, this.#isDirect(index) ? { direct: true } : {});
    if (this.#way !== 'mapped' || index > 0) return [opened];
    const length = MAPPED_BYTES;
    return [
      opened,
      { op: 'mmap', as: 'map0', handle, offset: 0, length, sharing: 'shared', access: 'read-write' },
    ];
  }

  /**
   * What is dirty when the race begins, or was, and what is in memory. Through a descriptor that is not direct, for nobody else writes
   * beside it: that of the second task, or where that is direct, too, one that no task has.
   */
  #dirtied(paths: readonly string[]): Operation[] {
    const dice = this.#dice;
    const handle: Handle = this.#isDirect(1) ? 'fd9' : 'fd1';
    const path = (this.#isDirect(1) ? paths[0] : paths[1]) ?? 'a';
    const subject = { handle, path, places: this.#places };
    const steps = Array.from({ length: dice.pick([0, 1, 1, 2, 3]) }, (): Operation => {
      const roll = dice.below(10);
      if (roll < 6) return drawWrite(subject, dice);
      if (roll < 8) return drawRead(subject, dice);
      return roll === 8 ? { op: 'fsync', handle } : { op: 'drop-caches' };
    });
    return this.#isDirect(1) ? [open(handle, path), ...steps] : steps;
  }

  #tasks(paths: readonly string[]): RaceTask[] {
    const dice = this.#dice;
    const kinds = drawKinds(dice);
    const border = borderIn(this.#places, dice);
    return paths.map((path, index) => {
      const handle: Handle = `fd${index}`;
      const subject = { handle, path, places: this.#places };
      const count = dice.pick(this.#extent.operations);
      const flushes = this.#flushes && index === paths.length - 1;
      const draw = (): Operation => {
        if (flushes) return drawCacheOperation(subject, dice);
        return this.#isDirect(index) ? drawDirectCall(subject, dice) : drawCall(subject, kinds, dice);
      };
      const drawn =
        this.#way === 'mapped' && index === 0
          ? drawStores(this.#places, count, dice)
          : Array.from({ length: count }, draw);
      const operations =
        this.#way === 'both direct' && index < 2
          ? drawn.map((operation) => onOneSide(operation, border, index === 1))
          : drawn;
      return { name: `task ${index + 1}`, operations };
    });
  }
}
