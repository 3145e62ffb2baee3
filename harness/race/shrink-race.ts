import { Exploration } from './explore.ts';
import type { RaceContext } from './race-watch.ts';
import { sameRaceFailure, wherever, type RaceFailure } from './judge-run.ts';
import { ProgramBench, type Tried } from './program-bench.ts';
import type { RaceProgram } from './program.ts';
import { isPromised } from './promised.ts';
import { trimmed } from './race-case.ts';
import { fixedChoices } from './schedule.ts';
import { programsWithoutTwo, shorterPrograms, simplerPrograms } from './simpler-program.ts';

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

/** Schedules of a smaller program where many are tried: most that fail do so in one of the first. */
const QUICK_SCHEDULES = 64;

/** By how many decisions what is preempted comes earlier or later in a smaller program, when it is looked for. */
const NUDGE_MAX = 2;

/** Preemptions beyond which nobody searches exhaustively. */
const BOUND_MAX = 2;

/**
 * Makes a failing race smaller: fewer operations, simpler ones, and then the fewest preemptions. A smaller program has
 * other decisions, so its schedule is looked for anew, those with the fewest preemptions first.
 */
export async function shrinkRace(
  found: FailingRace,
  context: RaceContext,
  limits: ShrinkLimits,
  onSmaller: (better: FailingRace) => void,
): Promise<FailingRace> {
  const search = new RaceShrinker(found, context, limits, onSmaller);
  await search.shrink();
  return search.best;
}

type Candidates = (program: RaceProgram) => Generator<RaceProgram>;

class RaceShrinker {
  best: FailingRace;
  readonly #context: RaceContext;
  readonly #limits: ShrinkLimits;
  readonly #onSmaller: (better: FailingRace) => void;
  readonly #endsAt: number;
  /** Of what is promised, only what is promised is simpler. */
  readonly #isPromised: boolean;

  constructor(
    found: FailingRace,
    context: RaceContext,
    limits: ShrinkLimits,
    onSmaller: (better: FailingRace) => void,
  ) {
    this.best = found;
    this.#context = context;
    this.#limits = limits;
    this.#onSmaller = onSmaller;
    this.#endsAt = performance.now() + limits.ms;
    this.#isPromised = isPromised(found.program);
  }

  async shrink(): Promise<void> {
    await this.#fewerPreemptions();
    // To look long is worth it where a task or an operation less can come of it.
    await this.#round(shorterPrograms, QUICK_SCHEDULES);
    await this.#round(shorterPrograms, this.#limits.schedules);
    await this.#round(programsWithoutTwo, QUICK_SCHEDULES);
    await this.#round(simplerPrograms, QUICK_SCHEDULES);
    await this.#round(shorterPrograms, this.#limits.schedules);
    await this.#fewerPreemptions();
  }

  async #round(candidates: Candidates, schedules: number): Promise<void> {
    const tried = new Set<string>();
    while (await this.#pass(candidates, Math.min(schedules, this.#limits.schedules), tried));
  }

  /**
   * Looks at every simpler program once, and takes those that fail too; what comes behind one that was taken is looked at in
   * it. Answers whether any was.
   */
  async #pass(candidates: Candidates, schedules: number, tried: Set<string>): Promise<boolean> {
    let position = 0;
    let took = false;
    for (;;) {
      const next = await this.#takeNext(candidates, position, schedules, tried);
      if (next === null) return took;
      took = true;
      position = next;
    }
  }

  /** The place of the first candidate from `position` on that fails too, and was taken; null when there is none. */
  async #takeNext(
    candidates: Candidates,
    position: number,
    schedules: number,
    tried: Set<string>,
  ): Promise<number | null> {
    let at = 0;
    for (const candidate of candidates(this.best.program)) {
      if (at++ < position) continue;
      if (this.#over) return null;
      const text = JSON.stringify(candidate);
      if (tried.has(text)) continue;
      tried.add(text);
      if (await this.#failsToo(candidate, schedules)) return at - 1;
    }
    return null;
  }

  get #over(): boolean {
    return performance.now() >= this.#endsAt;
  }

  /** Looks for the same failure in another program; takes it when it is there. */
  async #failsToo(program: RaceProgram, schedules: number): Promise<boolean> {
    if (this.#isPromised && !isPromised(program)) return false;
    const bench = await benchOf(program, this.#context);
    if (bench === null) return false;
    for (const choices of nudged(this.best.choices)) {
      if (await this.#tried(bench, bench.try(fixedChoices(choices)))) return true;
    }
    return await this.#searched(bench, BOUND_MAX, schedules);
  }

  /** Each choice that is not needed becomes 0; then those schedules of the program that preempt less. */
  async #fewerPreemptions(): Promise<void> {
    const bench = await benchOf(this.best.program, this.#context);
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
    const exploration = new Exploration(bound, null);
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
    if (seen === null || !sameRaceFailure(wherever(seen), wherever(this.best.failure))) return false;
    this.best = { program: bench.program, choices: trimmed(pilot.choices), failure: seen };
    this.#onSmaller(this.best);
    return true;
  }

  /** Images are looked at only when it was one that failed. */
  async #imageFailure(bench: ProgramBench): Promise<RaceFailure | null> {
    const { kind } = this.best.failure;
    if (kind !== 'e2fsck' && kind !== 'remount') return null;
    return (await bench.judgeImages(this.#context.judges))?.failure ?? null;
  }
}

/** The same choices, and with the decisions before the first, or the last, that matters being more or fewer. */
function* nudged(choices: readonly number[]): Generator<readonly number[]> {
  yield choices;
  const places = [choices.findIndex((choice) => choice !== 0), choices.length - 1];
  for (const place of new Set(places)) {
    for (let by = 1; by <= NUDGE_MAX && place >= 0; by++) {
      if (choices.slice(Math.max(0, place - by), place).every((choice) => choice === 0) && place >= by)
        yield choices.toSpliced(place - by, by);
      yield choices.toSpliced(place, 0, ...Array.from({ length: by }, () => 0));
    }
  }
}

/** Null for a program that cannot even begin. */
async function benchOf(program: RaceProgram, { watch }: RaceContext): Promise<ProgramBench | null> {
  try {
    return await ProgramBench.make(program, watch);
  } catch {
    return null;
  }
}

/** Operations of a program, all parts together: what shrinking counts. */
export const operationsOf = ({ image, before, tasks }: RaceProgram): number =>
  image.length + before.length + tasks.reduce((sum, { operations }) => sum + operations.length, 0);
