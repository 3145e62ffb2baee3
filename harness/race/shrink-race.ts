import { Exploration } from './explore.ts';
import type { ImageJudges } from './judge-image.ts';
import { sameRaceFailure, type RaceFailure } from './judge-run.ts';
import { ProgramBench, type Tried } from './program-bench.ts';
import type { RaceProgram } from './program.ts';
import { trimmed } from './race-case.ts';
import { fixedChoices } from './schedule.ts';
import { simplerPrograms } from './simpler-program.ts';

/** A program and a schedule that fail. */
export interface FailingRace {
  readonly program: RaceProgram;
  readonly choices: readonly number[];
  readonly failure: RaceFailure;
}

export interface ShrinkLimits {
  readonly ms: number;
  /** Schedules that are tried for one smaller program. */
  readonly schedules: number;
}

/** Schedules of a smaller program in a first round: most that fail do so in one of the first. */
const QUICK_SCHEDULES = 100;

/** Preemptions beyond which nobody searches exhaustively. */
const BOUND_MAX = 2;

/**
 * Makes a failing race smaller: fewer operations, simpler ones, and then the fewest preemptions. A smaller program has
 * other decisions, so its schedule is looked for anew, those with the fewest preemptions first.
 */
export async function shrinkRace(
  found: FailingRace,
  judges: ImageJudges,
  limits: ShrinkLimits,
  onSmaller: (better: FailingRace) => void,
): Promise<FailingRace> {
  const search = new RaceShrinker(found, judges, limits, onSmaller);
  await search.shrink();
  return search.best;
}

class RaceShrinker {
  best: FailingRace;
  readonly #judges: ImageJudges;
  readonly #limits: ShrinkLimits;
  readonly #onSmaller: (better: FailingRace) => void;
  readonly #endsAt: number;

  constructor(
    found: FailingRace,
    judges: ImageJudges,
    limits: ShrinkLimits,
    onSmaller: (better: FailingRace) => void,
  ) {
    this.best = found;
    this.#judges = judges;
    this.#limits = limits;
    this.#onSmaller = onSmaller;
    this.#endsAt = performance.now() + limits.ms;
  }

  async shrink(): Promise<void> {
    await this.#fewerPreemptions();
    for (const schedules of [Math.min(QUICK_SCHEDULES, this.#limits.schedules), this.#limits.schedules]) {
      const tried = new Set<string>();
      while (await this.#simplerOnce(schedules, tried));
    }
    await this.#fewerPreemptions();
  }

  /** Takes the first simpler program that fails too; false when none does, or the time is over. */
  async #simplerOnce(schedules: number, tried: Set<string>): Promise<boolean> {
    for (const candidate of simplerPrograms(this.best.program)) {
      if (this.#over) return false;
      const text = JSON.stringify(candidate);
      if (tried.has(text)) continue;
      tried.add(text);
      if (await this.#failsToo(candidate, schedules)) return true;
    }
    return false;
  }

  get #over(): boolean {
    return performance.now() >= this.#endsAt;
  }

  /** Looks for the same failure in another program; takes it when it is there. */
  async #failsToo(program: RaceProgram, schedules: number): Promise<boolean> {
    const bench = await benchOf(program);
    if (bench === null) return false;
    const known = await this.#tried(bench, bench.try(fixedChoices(this.best.choices)));
    if (known) return true;
    return await this.#searched(bench, BOUND_MAX, schedules);
  }

  /** Each choice that is not needed becomes 0; then those schedules of the program that preempt less. */
  async #fewerPreemptions(): Promise<void> {
    const bench = await benchOf(this.best.program);
    if (bench === null) return;
    for (let at = this.best.choices.length - 1; at >= 0 && !this.#over; at--) {
      if ((this.best.choices[at] ?? 0) === 0) continue;
      await this.#tried(bench, bench.try(fixedChoices(this.best.choices.with(at, 0))));
    }
    const { preemptions } = bench.try(fixedChoices(this.best.choices)).pilot;
    await this.#searched(bench, Math.min(BOUND_MAX, preemptions) - 1, Infinity);
  }

  async #searched(bench: ProgramBench, bound: number, schedules: number): Promise<boolean> {
    if (bound < 0) return false;
    const exploration = new Exploration(bound);
    let fails = false;
    for (let tried = 0; tried < schedules && !fails && !this.#over; tried++) {
      const seen: Tried[] = [];
      const more = exploration.next((choose) => {
        const one = bench.try(choose);
        seen.push(one);
        return one.pilot.decisions;
      });
      if (!more) break;
      for (const one of seen) fails = await this.#tried(bench, one);
    }
    return fails;
  }

  /** Whether the run failed as it should; it is the best then. */
  async #tried(bench: ProgramBench, { pilot, failure }: Tried): Promise<boolean> {
    const seen = failure ?? (await this.#imageFailure(bench));
    if (seen === null || !sameRaceFailure(seen, this.best.failure)) return false;
    this.best = { program: bench.program, choices: trimmed(pilot.choices), failure: seen };
    this.#onSmaller(this.best);
    return true;
  }

  /** Images are looked at only when it was one that failed. */
  async #imageFailure(bench: ProgramBench): Promise<RaceFailure | null> {
    const { kind } = this.best.failure;
    if (kind !== 'e2fsck' && kind !== 'remount') return null;
    return (await bench.judgeImages(this.#judges))?.failure ?? null;
  }
}

/** Null for a program that cannot even begin. */
async function benchOf(program: RaceProgram): Promise<ProgramBench | null> {
  try {
    return await ProgramBench.make(program);
  } catch {
    return null;
  }
}

/** Operations of a program, all parts together: what shrinking counts. */
export const operationsOf = ({ image, before, tasks }: RaceProgram): number =>
  image.length + before.length + tasks.reduce((sum, { operations }) => sum + operations.length, 0);
