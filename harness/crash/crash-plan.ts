import type { Dice } from '../generate/dice.ts';
import { FORMAT_DIMENSIONS, type FormatChoice } from '../generate/format-choices.ts';
import { sequenceSeed } from '../generate-sequence.ts';
import type { BlockSize, Setup } from '../setup.ts';
import { drawOperations } from './draw-program.ts';
import { CRASH_MODES, setupOf } from './modes.ts';
import type { CrashProgram } from './recorded-run.ts';
import { seededDice } from '../generate/seeded-dice.ts';

/** What is asked of a run. Plain data: it is copied from one thread to the other, and written down. */
export interface CrashPlan {
  readonly seed: number;
  /** Names of modes. */
  readonly modes: readonly string[];
  readonly blockSizes: readonly BlockSize[];
  readonly faults: readonly string[];
  /** The name of the kernel that runs the programs; absent: the TypeScript ext4 does. */
  readonly recordedOn?: string;
  /** The name of the kernel that recovers what e2fsck does, too; absent: none does. */
  readonly recoveredBy?: string;
  /** States of one program, at most. */
  readonly statesPerProgram: number;
  /** e2fsck looks at one state in so many, and recovers it by itself. Where there is no journal it does with each. */
  readonly e2fsckEvery: number;
  readonly programs: number;
}

/** What is asked for when nobody says otherwise. Blocks of a quarter of a page, and of a whole one: the others are between. */
export const USUAL_CRASHES = {
  modes: CRASH_MODES.map(({ name }) => name),
  blockSizes: [4096, 1024],
  statesPerProgram: 40,
  e2fsckEvery: 100,
} as const satisfies Partial<CrashPlan>;

/** One program in so many does not wait for what brings things to the disk. */
const OVERLAPPING_ONE_IN = 2;

/**
 * Of the states of other programs, so many in a hundred are looked at of such a one: what counts is who overtakes whom and where, of which
 * it shows one case, and which shows, if at all, in the first states.
 */
const OVERLAPPING_SHARE = 40;

/** One program in so many meets the end of the log, and goes on at its beginning. */
const CROSSING_ONE_IN = 3;

/** Blocks of the log that a program of a few operations takes. */
const CROSSING_BLOCKS_MAX = 60;

/** More turns than a call takes that commits a small transaction. */
const OVERTAKES_AFTER_MAX = 20;

/** One program in so many runs on a file system that is laid out in an unusual way. */
const UNUSUAL_ONE_IN = 4;

/** Questions of the format that say how metadata lies on the disk, and nothing of what a power cut may leave: those are modes. */
const LAYOUT_QUESTIONS = [
  'checksums',
  'descriptors',
  'copies',
  'groups',
  'inodes',
  'orphans',
  'small files',
  'attributes',
  'old',
  'extras',
] as const;

/** A program to be crashed, and where the randomness of its states begins. */
export interface CrashItem {
  readonly name: string;
  readonly seed: number;
  readonly program: CrashProgram;
  /** At most. */
  readonly states: number;
}

/** Program `number` of a plan, for ever the same. The modes take turns, the block sizes after them. */
export function crashItem(
  { seed, modes, blockSizes, faults, recordedOn, recoveredBy, statesPerProgram }: CrashPlan,
  number: number,
): CrashItem {
  const wanted = modes[number % modes.length];
  const mode = CRASH_MODES.find(({ name }) => name === wanted);
  const blockSize = blockSizes[Math.floor(number / modes.length) % blockSizes.length];
  if (mode === undefined || blockSize === undefined) throw new Error('a plan has modes and block sizes');
  const own = sequenceSeed(seed, number);
  const dice = seededDice(own);
  const unusual = dice.oneIn(UNUSUAL_ONE_IN) ? drawLayout(dice) : [];
  // What a kernel has below writes zeros as bytes.
  const { writesZeroes = true, ...slow } = setupOf(mode, blockSize, unusual);
  const setup: Setup = recordedOn === undefined ? { ...slow, writesZeroes } : slow;
  const operations = drawOperations(setup, dice);
  const overlaps = recordedOn === undefined && dice.oneIn(OVERLAPPING_ONE_IN);
  // Mostly soon: what is overtaken late has often returned.
  const turns = (): number => dice.below(OVERTAKES_AFTER_MAX);
  const overtakesAfter = overlaps ? Math.min(turns(), turns()) : null;
  const crosses = recordedOn === undefined && dice.oneIn(CROSSING_ONE_IN);
  return {
    name: `${number} ${mode.name} ${blockSize}`,
    seed: own,
    states: overlaps ? Math.ceil((statesPerProgram * OVERLAPPING_SHARE) / 100) : statesPerProgram,
    program: {
      setup: crosses ? { ...setup, logLeft: dice.between(1, CROSSING_BLOCKS_MAX) } : setup,
      target: mode.target,
      faults,
      operations,
      ...(overtakesAfter !== null && { overtakesAfter }),
      ...(recordedOn !== undefined && { recordedOn }),
      ...(recoveredBy !== undefined && { recoveredBy }),
    },
  };
}

/** An unusual answer to one of the questions, or to about half of them. */
function drawLayout(dice: Dice): FormatChoice[] {
  const one = dice.pick(LAYOUT_QUESTIONS);
  const asked: readonly string[] = dice.oneIn(4) ? LAYOUT_QUESTIONS.filter(() => dice.oneIn(2)) : [one];
  return FORMAT_DIMENSIONS.filter(({ name }) => asked.includes(name)).flatMap(
    ({ choices }) => choices[dice.below(choices.length)] ?? [],
  );
}
