import type { Dice } from '../generate/dice.ts';
import { seededDice } from '../generate/seeded-dice.ts';
import type { BlockSize } from '../setup.ts';
import { Exploration } from './explore.ts';
import { CATALOGUE, programOf } from './catalogue/catalogue.ts';
import { drawProgram } from './draw-program.ts';
import { RACE_MODES } from './modes.ts';
import type { RaceProgram } from './program.ts';
import { mixed } from './strategies.ts';
import { sourceOf, type ScheduleSource, type StrategyName } from './strategy.ts';

/** What is asked of a run. Plain data: it is copied from one thread to the other, and written down. */
export interface RacePlan {
  readonly seed: number;
  /** Names of the catalogue. */
  readonly races: readonly string[];
  /** Names of modes. */
  readonly modes: readonly string[];
  readonly blockSizes: readonly BlockSize[];
  readonly faults: readonly string[];
  /** Null: catalogued races exhaustively and by samples, drawn ones by samples. */
  readonly strategy: StrategyName | null;
  /** Preemptions of an exhaustive search, at most. */
  readonly bound: number;
  /** Schedules of one program in one look, at most; null: all that an exhaustive search has, and a fair share of any other. */
  readonly schedules: number | null;
  /** How many programs are drawn. */
  readonly drawn: number;
}

/** A program to be looked at, and how. */
export interface RaceItem {
  /** The same for every look at the same program. */
  readonly name: string;
  readonly strategy: StrategyName;
  readonly source: ScheduleSource;
  /** Schedules, at most. */
  readonly schedules: number;
  /** Whether this is the first look at the program, and the last one. */
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly program: RaceProgram;
}

/** Where schedules come from, and how many. */
type Way = Pick<RaceItem, 'strategy' | 'source' | 'schedules'>;

/**
 * In turn. Priorities need few schedules where several things must come in one order; a random walk finds what takes one preemption at
 * one place as soon. What fast-check draws shrinks well, but shows half as much: it is for who asks for it.
 */
const SAMPLING: readonly StrategyName[] = ['pct', 'random'];

/**
 * Who searches one program after the other exhaustively leaves the last of them to those who have hours. So all of them are
 * looked at in rounds, in each of which a program gets so many schedules of its exhaustive search, which goes on where it
 * stopped, and as many samples; and in each further round twice as many. So no program waits long for its turn.
 */
const FIRST_SHARE = 8;
const ROUNDS = 5;
const LAST_SHARE = FIRST_SHARE * 2 ** (ROUNDS - 1);

/** How many schedules drawn programs get in a round for each of those that a catalogued one gets, in its two ways together. */
const DRAWN_PER_CATALOGUED = 2;

/** Schedules of a drawn program, at most: what is left of a round goes to another program, which is more likely to show something new. */
const DRAWN_SHARE = 12;

/** How many are drawn after the rest of a catalogued one, which is thousands of schedules. */
const DRAWN_PER_REST = 384;

/** A catalogued race in a mode. */
interface Named {
  readonly name: string;
  readonly program: RaceProgram;
  /** All its schedules up to the bound on preemptions, or those of the strategy that was asked for. */
  readonly whole: Way;
}

/** Rounds over every catalogued race in every mode and over programs drawn anew, then the rest of the former between more of the latter. The same for the same plan. */
export function* raceItems(plan: RacePlan): Generator<RaceItem> {
  const catalogued = cataloguedPrograms(plan);
  const rounds = plan.strategy === null ? ROUNDS : 0;
  let drawn = 0;
  const draw = function* (count: number, share: number): Generator<RaceItem> {
    for (const index of indices(drawn, count, plan)) yield drawnItem(plan, index, share);
    drawn += count;
  };
  for (let round = 0; round < rounds; round++) {
    const share = FIRST_SHARE * 2 ** round;
    for (const [index, one] of catalogued.entries()) {
      yield wholeItem(one, { share, isFirst: round === 0, isLast: false });
      yield sampledItem(plan, one, { round, index, share });
    }
    const own = Math.min(share, DRAWN_SHARE);
    yield* draw(Math.ceil((2 * share * catalogued.length * DRAWN_PER_CATALOGUED) / own), own);
  }
  const own = plan.schedules ?? DRAWN_SHARE;
  for (const one of catalogued) {
    yield wholeItem(one, { share: Infinity, isFirst: rounds === 0, isLast: true });
    yield* draw(DRAWN_PER_REST, own);
  }
  yield* draw(plan.drawn, own);
}

/** Numbers of programs to be drawn: so many from there on, if there are to be so many. */
function* indices(from: number, count: number, { drawn }: RacePlan): Generator<number> {
  for (let index = from; index < Math.min(from + count, drawn); index++) yield index;
}

function cataloguedPrograms(plan: RacePlan): Named[] {
  const { races, modes, blockSizes, faults } = plan;
  return named(CATALOGUE, races).flatMap((race) =>
    named(RACE_MODES, modes).flatMap((mode) =>
      blockSizes.map((blockSize) => ({
        name: `${race.name} ${mode.name} ${blockSize}`,
        program: programOf(race, mode, blockSize, faults),
        whole: wholeOf(plan),
      })),
    ),
  );
}

function named<T extends { readonly name: string }>(known: readonly T[], names: readonly string[]): T[] {
  return names.map((wanted) => {
    const found = known.find(({ name }) => name === wanted);
    if (found === undefined) throw new Error(`nothing is called ${wanted}`);
    return found;
  });
}

function wholeOf(plan: RacePlan): Way {
  const { seed, bound, strategy, schedules } = plan;
  // In rounds it stops again and again, so that the order matters.
  if (strategy === null) {
    const source = new Exploration(bound, seed);
    return { strategy: 'exhaustive', schedules: schedules ?? Infinity, source };
  }
  const usual = strategy === 'exhaustive' ? Infinity : LAST_SHARE;
  return wayOf(plan, strategy, { seed, share: schedules ?? usual });
}

/** More of what there is of a catalogued race. */
function wholeItem(
  { name, program, whole }: Named,
  { share, ...which }: { readonly share: number } & Pick<RaceItem, 'isFirst' | 'isLast'>,
): RaceItem {
  return { name, program, ...whole, schedules: Math.min(share, whole.schedules), ...which };
}

/** Some schedules of a catalogued race. */
function sampledItem(
  plan: RacePlan,
  { name, program }: Named,
  { round, index, share }: { readonly round: number; readonly index: number; readonly share: number },
): RaceItem {
  // In another round the same program has another strategy.
  const strategy = inTurn(SAMPLING, index + round);
  const way = wayOf(plan, strategy, { seed: mixed(mixed(plan.seed, round), index), share });
  return { name, program, ...way, isFirst: false, isLast: false };
}

/** Half of the drawn programs run as most people mount: what few have gets the rest. */
function drawnItem(plan: RacePlan, index: number, share: number): RaceItem {
  const { seed, blockSizes } = plan;
  const own = mixed(seed, index);
  const dice = seededDice(~own);
  const modes = named(RACE_MODES, plan.modes);
  const usual = modes.filter(({ isUsual }) => isUsual);
  const mode = oneOf(usual.length > 0 && dice.oneIn(2) ? usual : modes, dice);
  const blockSize = oneOf(blockSizes, dice);
  const program = drawProgram(mode, blockSize, plan.faults, own);
  const strategy = plan.strategy ?? oneOf(SAMPLING, dice);
  const way = wayOf(plan, strategy, { seed: own, share });
  return { name: `drawn ${index} ${mode.name} ${blockSize}`, program, ...way, isFirst: true, isLast: true };
}

const oneOf = <T>(list: readonly T[], dice: Dice): T => inTurn(list, dice.below(list.length));

/** So many schedules of a strategy, or fewer where the plan says so. */
function wayOf(
  { bound, schedules: most }: RacePlan,
  strategy: StrategyName,
  { seed, share }: { readonly seed: number; readonly share: number },
): Way {
  const schedules = Math.min(share, most ?? share);
  return { strategy, schedules, source: sourceOf(strategy, { seed, bound, limit: schedules }) };
}

function inTurn<T>(list: readonly T[], turn: number): T {
  const one = list[turn % list.length];
  if (one === undefined) throw new Error('a plan has modes, block sizes and strategies');
  return one;
}
