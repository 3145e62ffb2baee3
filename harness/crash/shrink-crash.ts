import type { Operation } from '../../model/index.ts';
import { minimise } from '../shrink/minimise.ts';
import { simplifySetup } from '../shrink/simpler-setups.ts';
import { sameCrashFailure, type CrashFailure } from './crash-failure.ts';
import { rangeOf, recorded, targetOf, type CrashContext, type FailingCrash } from './crash-search.ts';
import { drawCuts } from './draw-states.ts';
import { CrashExamination } from './examination.ts';
import { lostIn, type CrashState, type LostWrite, type PowerCut } from './power-cut.ts';
import type { CrashProgram } from './recorded-run.ts';
import { seededDice } from '../generate/seeded-dice.ts';
import { NOT_SIMPLE, simpleCuts } from './simple-states.ts';

export interface ShrinkCrashLimits {
  readonly ms: number;
  /** States that are tried of one smaller program. */
  readonly states: number;
}

/** Of the states that are tried, so many are simple; the others are drawn, for what simple ones do not show. */
const SIMPLE_SHARE = 0.5;

const RUNS_MAX = 100_000;

/** A state to look at, and how easy it is to read (SimpleCut.kind). */
interface Candidate {
  readonly state: CrashState;
  readonly kind: number;
}

/**
 * Makes a failing crash smaller, operations and states together: a smaller program writes other things, so for each candidate the simplest
 * state that fails in the same way is looked for anew. None is looked at that is harder to read than the one that is known: most mistakes show
 * where nothing is lost after an operation, and then a candidate costs few states. In the end the fewest writes are lost.
 */
export async function shrinkCrash(
  found: FailingCrash,
  context: CrashContext,
  limits: ShrinkCrashLimits,
  onSmaller: (better: FailingCrash) => void,
): Promise<FailingCrash> {
  const shrinker = new CrashShrinker(found, context, limits, onSmaller);
  await shrinker.go();
  return shrinker.best;
}

class CrashShrinker {
  best: FailingCrash;
  /** How easy the state of the best is to read. */
  #kind = NOT_SIMPLE;
  readonly #context: CrashContext;
  readonly #limits: ShrinkCrashLimits;
  readonly #onSmaller: (better: FailingCrash) => void;
  readonly #endsAt: number;

  constructor(
    found: FailingCrash,
    context: CrashContext,
    limits: ShrinkCrashLimits,
    onSmaller: (better: FailingCrash) => void,
  ) {
    this.best = found;
    this.#context = context;
    this.#limits = limits;
    this.#onSmaller = onSmaller;
    this.#endsAt = performance.now() + limits.ms;
  }

  async go(): Promise<void> {
    await this.#waitForEach();
    const { program } = this.best;
    const stillFails = async (operations: readonly Operation[]): Promise<boolean> => {
      // A request to stop must come in.
      await new Promise(setImmediate);
      return await this.#search({ ...program, operations });
    };
    await this.#search(program, false);
    const { operations } = this.best.program;
    await minimise(operations, stillFails, { budgetRuns: RUNS_MAX, budgetMs: this.#limits.ms });
    await this.#usualSetup();
    await this.#fewerLost();
  }

  /** What of the file system does not matter becomes as it usually is. */
  async #usualSetup(): Promise<void> {
    await simplifySetup(this.best.program.setup, async (setup) => {
      if (this.#isOver()) return false;
      await new Promise(setImmediate);
      try {
        return await this.#search({ ...this.best.program, setup }, false);
      } catch {
        // Nobody can make that one.
        return false;
      }
    });
  }

  /** Most mistakes need no two calls at once. */
  async #waitForEach(): Promise<void> {
    const { overtakesAfter, ...program } = this.best.program;
    if (overtakesAfter !== undefined) await this.#search(program, false);
  }

  #isOver(): boolean {
    return performance.now() >= this.#endsAt;
  }

  /** Looks for a state of the program that fails in the same way, and takes it; first for the one that is known, by its numbers. */
  async #search(program: CrashProgram, withKnown = true): Promise<boolean> {
    const { failure: wanted, state } = this.best;
    this.#context.begins(program, null);
    const target = targetOf(program, this.#context);
    const run = await recorded(program, this.#context);
    if (run.failure !== null || state === null) {
      run.recording.release();
      return run.failure !== null && this.#take(program, null, run.failure, wanted);
    }
    const examination = new CrashExamination(run, target, this.#context.judges);
    let tried = 0;
    let found = false;
    for (const candidate of this.#candidates(examination, state, withKnown)) {
      if (++tried > this.#limits.states || this.#isOver()) break;
      this.#context.begins(program, candidate.state);
      const failure = await this.#judge(examination, candidate.state);
      if (failure === null || !this.#take(program, candidate.state, failure, wanted)) continue;
      this.#kind = candidate.kind;
      found = true;
      break;
    }
    run.recording.release();
    return found;
  }

  *#candidates(examination: CrashExamination, known: CrashState, withKnown: boolean): Generator<Candidate> {
    const { run } = examination;
    const kind = this.#kind;
    if (withKnown) yield { state: known, kind };
    let simple = 0;
    for (const { cut, kind: own } of simpleCuts(run, kind)) {
      if (++simple > this.#limits.states * SIMPLE_SHARE) break;
      yield { state: { cut }, kind: own };
      if (known.again !== undefined) yield { state: { cut, again: known.again }, kind };
    }
    if (kind < NOT_SIMPLE) return;
    for (const cut of drawCuts(run.recording, rangeOf(run.marks), seededDice(simple)))
      yield { state: { cut }, kind };
  }

  /** e2fsck is asked only where it was e2fsck that had something to say. */
  async #judge(examination: CrashExamination, state: CrashState): Promise<CrashFailure | null> {
    const { kind } = this.best.failure;
    const needsE2fsck = kind === 'e2fsck' || kind === 'disagreement' || !examination.journaled;
    return needsE2fsck ? await examination.judgeFully(state) : examination.judge(state);
  }

  #take(
    program: CrashProgram,
    state: CrashState | null,
    failure: CrashFailure,
    wanted: CrashFailure,
  ): boolean {
    if (!sameCrashFailure(failure, wanted)) return false;
    this.best = { program, state, failure };
    this.#onSmaller(this.best);
    return true;
  }

  /** Each write that is lost arrives, if it fails all the same; what is torn is lost as a whole; and there is no second cut. */
  async #fewerLost(): Promise<void> {
    const { program } = this.best;
    if (this.best.state === null) return;
    const target = targetOf(program, this.#context);
    const run = await recorded(program, this.#context);
    if (run.failure !== null) return;
    const examination = new CrashExamination(run, target, this.#context.judges);
    for (let better = true; better && !this.#isOver();) {
      better = false;
      for (const candidate of simplerStates(this.best.state)) {
        if (this.#isOver()) break;
        const failure = await this.#judge(examination, candidate);
        if (failure === null || !this.#take(program, candidate, failure, this.best.failure)) continue;
        better = true;
        break;
      }
    }
    run.recording.release();
  }
}

function* simplerStates({ cut, again }: CrashState): Generator<CrashState> {
  if (again !== undefined) yield { cut };
  for (const simpler of simplerCuts(cut))
    yield again === undefined ? { cut: simpler } : { cut: simpler, again };
  if (again !== undefined) for (const simpler of simplerCuts(again)) yield { cut, again: simpler };
}

function* simplerCuts(cut: PowerCut): Generator<PowerCut> {
  if (lostIn({ cut }) > 1) yield { ...cut, lost: [] };
  for (const index of cut.lost.keys()) yield { ...cut, lost: cut.lost.toSpliced(index, 1) };
  if (cut.underWay === true) yield { point: cut.point, lost: cut.lost };
  for (const [index, { write, torn }] of cut.lost.entries()) {
    if (torn === undefined) continue;
    yield { ...cut, lost: cut.lost.with(index, { write }) };
    if (torn.length > 1)
      for (const one of simplerTears(write, torn)) yield { ...cut, lost: cut.lost.with(index, one) };
  }
}

function* simplerTears(write: number, torn: NonNullable<LostWrite['torn']>): Generator<LostWrite> {
  for (const index of torn.keys()) yield { write, torn: torn.toSpliced(index, 1) };
}
