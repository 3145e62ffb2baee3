import fc from 'fast-check';
import type { BlockSize } from '../setup.ts';
import { CATALOGUE, programOf } from './catalogue/catalogue.ts';
import { racePrograms } from './draw-program.ts';
import { RACE_MODES } from './modes.ts';
import type { RaceProgram } from './program.ts';
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
  /** Null: catalogued races exhaustively, drawn ones by each of the others in turn. */
  readonly strategy: StrategyName | null;
  /** Preemptions of an exhaustive search, at most. */
  readonly bound: number;
  /** Schedules of one program, at most; for strategies that never end also how many there are. */
  readonly schedules: number;
  /** How many programs are drawn after the catalogue. */
  readonly drawn: number;
}

/** A program to be looked at, and how. */
export interface RaceItem {
  readonly name: string;
  readonly strategy: StrategyName;
  readonly source: ScheduleSource;
  readonly program: RaceProgram;
}

const SAMPLING: readonly StrategyName[] = ['fast-check', 'pct', 'random'];

/** First every catalogued race in every mode, then programs drawn anew. The same for the same plan. */
export function* raceItems(plan: RacePlan): Generator<RaceItem> {
  const { seed, bound, schedules } = plan;
  for (const race of named(CATALOGUE, plan.races)) {
    for (const mode of named(RACE_MODES, plan.modes)) {
      for (const blockSize of plan.blockSizes) {
        const strategy = plan.strategy ?? 'exhaustive';
        yield {
          name: `${race.name} ${mode.name} ${blockSize}`,
          strategy,
          source: sourceOf(strategy, { seed, bound, limit: schedules }),
          program: programOf(race, mode, blockSize, plan.faults),
        };
      }
    }
  }
  for (let index = 0; index < plan.drawn; index++) yield drawnItem(plan, index);
}

function named<T extends { readonly name: string }>(known: readonly T[], names: readonly string[]): T[] {
  return names.map((wanted) => {
    const found = known.find(({ name }) => name === wanted);
    if (found === undefined) throw new Error(`nothing is called ${wanted}`);
    return found;
  });
}

function drawnItem(plan: RacePlan, index: number): RaceItem {
  const { seed, bound, schedules, blockSizes } = plan;
  const modes = named(RACE_MODES, plan.modes);
  const own = (Math.imul(seed, 0x9e3779b1) + index) | 0;
  const mode = modes[index % modes.length];
  const blockSize = blockSizes[Math.floor(index / modes.length) % blockSizes.length];
  if (mode === undefined || blockSize === undefined) throw new Error('a plan has modes and block sizes');
  const [program] = fc.sample(racePrograms(mode, blockSize, plan.faults), { seed: own, numRuns: 1 });
  if (program === undefined) throw new Error('fast-check drew nothing');
  const strategy =
    plan.strategy ??
    SAMPLING[Math.floor(index / (modes.length * blockSizes.length)) % SAMPLING.length] ??
    'pct';
  return {
    name: `drawn ${index} ${mode.name} ${blockSize}`,
    strategy,
    source: sourceOf(strategy, { seed: own, bound, limit: schedules }),
    program,
  };
}
