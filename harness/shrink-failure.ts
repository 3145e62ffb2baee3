import type { Operation } from '../model/index.ts';
import { runCase, type DriveOptions } from './drive.ts';
import { sameFailure, type FailureSignature } from './failure.ts';
import { ALL_STAGES, type Stages } from './finish.ts';
import type { Setup } from './setup.ts';
import { isFair } from './generate/fairness.ts';
import type { Sequence } from './generate-sequence.ts';
import { shrinkByFastCheck } from './shrink/by-fast-check.ts';
import { minimise } from './shrink/minimise.ts';
import { simplifySetup } from './shrink/simpler-setups.ts';
import type { FailedVerdict, Verdict } from './verdict.ts';

/** One run in so many of the budget goes to fast-check's own shrinking, which comes first. */
const COARSE_SHARE = 10;

export interface Shrunk extends Sequence {
  /** How the smallest one fails. */
  readonly verdict: FailedVerdict;
  readonly runs: number;
}

export interface ShrinkOptions {
  readonly budgetRuns: number;
  readonly budgetMs: number;
  readonly signal: AbortSignal;
  /** Told whenever there is a smaller one. */
  readonly onSmaller: (smaller: Sequence, verdict: FailedVerdict, runs: number) => void;
}

/**
 * Looks for a smaller sequence on a more usual file system that fails as this one does when every judge looks. Null when it does not fail by itself:
 * then nothing can be shrunk, and the failure depends on something that the sequence does not say.
 */
export async function shrinkFailure(
  setup: Setup,
  operations: readonly Operation[],
  drive: DriveOptions,
  options: ShrinkOptions,
): Promise<Shrunk | null> {
  const whole = { ...drive, stages: ALL_STAGES };
  const { verdict, executed } = await runCase(setup, operations, whole);
  if (verdict.kind !== 'fails') return null;
  const shrinker = new Shrinker({ setup, operations, verdict, executed }, whole, options);
  if (options.budgetRuns > 0) await shrinker.shrink();
  return shrinker.best;
}

/** A sequence that fails, and how far it comes. */
interface Failing extends Sequence {
  readonly verdict: FailedVerdict;
  readonly executed: number;
}

class Shrinker {
  #best: Failing;
  #runs = 0;
  /** A campaign leaves stages out in turn, so the same mistake may show earlier here, as another failure. */
  readonly #wanted: FailureSignature;
  readonly #whole: DriveOptions;
  readonly #options: ShrinkOptions;
  readonly #endsAt: number;

  constructor(found: Failing, whole: DriveOptions, options: ShrinkOptions) {
    this.#best = found;
    this.#wanted = found.verdict.failure;
    this.#whole = whole;
    this.#options = options;
    this.#endsAt = performance.now() + options.budgetMs;
  }

  get best(): Shrunk {
    const { setup, operations, verdict } = this.#best;
    return { setup, operations, verdict, runs: this.#runs };
  }

  /** The file system first, for an unusual one may cost more; and once more when the sequence is small, for then less of it matters. */
  async shrink(): Promise<void> {
    await this.#simplifySetup();
    await this.#shrinkOperations();
    const { setup } = this.#best;
    await this.#simplifySetup();
    if (this.#best.setup !== setup) await this.#shrinkOperations();
  }

  /** What came after the operation that failed was not even performed. */
  #performed(): readonly Operation[] {
    return this.#best.operations.slice(0, this.#best.executed);
  }

  async #simplifySetup(): Promise<void> {
    const operations = this.#performed();
    await simplifySetup(this.#best.setup, async (setup) => {
      if (this.#isOver()) return false;
      return isFair(setup, operations) && (await this.#take({ setup, operations }, this.#whole));
    });
  }

  async #shrinkOperations(): Promise<void> {
    const { setup } = this.#best;
    const operations = this.#performed();
    const quick = await cheapestFor(this.#wanted, { setup, operations }, this.#whole);
    const { signal, budgetRuns } = this.#options;
    const stillFails = (candidate: readonly Operation[]): Promise<boolean> =>
      this.#take({ setup, operations: candidate }, quick);
    const permitted = (candidate: readonly Operation[]): boolean => isFair(setup, candidate);
    const fairlyFails = async (candidate: readonly Operation[]): Promise<boolean> =>
      permitted(candidate) && stillFails(candidate);
    // Where a run takes long, on kernels far away, its time ends before its runs.
    const coarse = await shrinkByFastCheck(setup, operations, fairlyFails, {
      budgetRuns: Math.ceil((budgetRuns - this.#runs) / COARSE_SHARE),
      signal: AbortSignal.any([signal, AbortSignal.timeout(Math.floor(this.#msLeft() / 2))]),
    });
    const budget = { budgetRuns: budgetRuns - this.#runs, budgetMs: this.#msLeft(), signal, permitted };
    const { operations: smallest } = await minimise(coarse, stillFails, budget);
    // Whoever looked quickly may have seen less of what there is to say.
    await this.#take({ setup, operations: smallest }, this.#whole);
  }

  /** Runs a candidate, and keeps it when it fails as the first one did. */
  async #take(candidate: Sequence, options: DriveOptions): Promise<boolean> {
    this.#runs++;
    const failed = await failing(candidate, this.#wanted, options);
    // Targets in this process answer without a turn of the event loop, and a stop must be heard.
    await new Promise(setImmediate);
    if (failed === null) return false;
    this.#best = failed;
    this.#options.onSmaller(candidate, failed.verdict, this.#runs);
    return true;
  }

  #msLeft(): number {
    return Math.max(0, this.#endsAt - performance.now());
  }

  #isOver(): boolean {
    const { signal, budgetRuns } = this.#options;
    return signal.aborted || this.#runs >= budgetRuns || this.#msLeft() === 0;
  }
}

async function failing(
  { setup, operations }: Sequence,
  failure: FailureSignature,
  options: DriveOptions,
): Promise<Failing | null> {
  const { verdict, executed } = await runCase(setup, operations, options);
  return failsAs(verdict, failure) ? { setup, operations, verdict, executed } : null;
}

const failsAs = (verdict: Verdict, failure: FailureSignature): verdict is FailedVerdict =>
  verdict.kind === 'fails' && sameFailure(verdict.failure, failure);

/** Ways to run that may show this failure, from cheap to dear: the target alone, and few stages, before everything. */
function* cheaperThan(failure: FailureSignature, whole: DriveOptions): Generator<DriveOptions> {
  const { kind, target, step } = failure;
  const options = kind === 'e2fsck' ? whole : { ...whole, e2fsck: null };
  const alone = { ...options, targets: options.targets.filter(({ name }) => name === target) };
  if (step !== null && kind !== 'e2fsck' && kind !== 'tree') yield { ...alone, stages: null };
  for (const stages of STAGES_BY_COST) yield { ...alone, stages };
  yield options;
}

const FEW: Stages = { ...ALL_STAGES, recovery: false, remount: 'none', layouts: false, goOn: false };

const STAGES_BY_COST: readonly Stages[] = [
  { ...FEW, checkAgain: false },
  { ...FEW, recovery: true },
  { ...FEW, remount: 'same' },
  ALL_STAGES,
];

/** The cheapest way to run in which the sequence fails as it did; everything when there is none. */
async function cheapestFor(
  failure: FailureSignature,
  sequence: Sequence,
  whole: DriveOptions,
): Promise<DriveOptions> {
  for (const options of cheaperThan(failure, whole)) {
    if ((await failing(sequence, failure, options)) !== null) return options;
  }
  return whole;
}
