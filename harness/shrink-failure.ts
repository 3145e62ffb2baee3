import type { Operation } from '../model/index.ts';
import { runCase, type DriveOptions } from './drive.ts';
import { sameFailure, type FailureSignature } from './failure.ts';
import { ALL_STAGES, type Stages } from './finish.ts';
import type { Setup } from './setup.ts';
import { isFair } from './generate/fairness.ts';
import { shrinkByFastCheck } from './shrink/by-fast-check.ts';
import { minimise, type MinimiseOptions } from './shrink/minimise.ts';
import type { FailedVerdict, Verdict } from './verdict.ts';

/** One run in so many of the budget goes to fast-check's own shrinking, which comes first. */
const COARSE_SHARE = 10;

export interface Shrunk {
  readonly operations: readonly Operation[];
  /** How the smallest one fails. */
  readonly verdict: FailedVerdict;
  readonly runs: number;
}

export interface ShrinkOptions {
  readonly budgetRuns: number;
  readonly budgetMs: number;
  readonly signal: AbortSignal;
  /** Told whenever there is a smaller one. */
  readonly onSmaller: (operations: readonly Operation[], verdict: FailedVerdict, runs: number) => void;
}

/**
 * Looks for a smaller sequence that fails as this one does when every judge looks. Null when it does not fail by itself:
 * then nothing can be shrunk, and the failure depends on something that the sequence does not say.
 */
export async function shrinkFailure(
  setup: Setup,
  operations: readonly Operation[],
  drive: DriveOptions,
  { budgetRuns, budgetMs, signal, onSmaller }: ShrinkOptions,
): Promise<Shrunk | null> {
  const whole = { ...drive, stages: ALL_STAGES };
  const { verdict: first, executed } = await runCase(setup, operations, whole);
  if (first.kind !== 'fails') return null;
  // A campaign leaves stages out in turn, so the same mistake may show earlier here, as another failure.
  const { failure: wanted } = first;
  // What came after the operation that failed was not even performed.
  const quick =
    budgetRuns > 0 ? await cheapestFor(wanted, setup, operations.slice(0, executed), whole) : whole;
  let best: { operations: readonly Operation[]; verdict: FailedVerdict } = { operations, verdict: first };
  let tried = 0;
  const stillFails = async (candidate: readonly Operation[]): Promise<boolean> => {
    tried++;
    const verdict = await failing(setup, candidate, wanted, quick);
    // Targets in this process answer without a turn of the event loop, and a stop must be heard.
    await new Promise(setImmediate);
    if (verdict === null) return false;
    best = { operations: candidate, verdict };
    onSmaller(candidate, verdict, tried);
    return true;
  };
  const permitted = (candidate: readonly Operation[]): boolean => isFair(setup, candidate);
  const fairlyFails = async (candidate: readonly Operation[]): Promise<boolean> =>
    permitted(candidate) && stillFails(candidate);
  const endsAt = performance.now() + budgetMs;
  // Where a run takes long, on kernels far away, its time ends before its runs.
  const coarse = await shrinkByFastCheck(setup, operations.slice(0, executed), fairlyFails, {
    budgetRuns: Math.ceil(budgetRuns / COARSE_SHARE),
    signal: AbortSignal.any([signal, AbortSignal.timeout(budgetMs / 2)]),
  });
  const timeLeft = Math.max(0, endsAt - performance.now());
  const budget: MinimiseOptions = { budgetRuns, budgetMs: timeLeft, signal, permitted };
  const { operations: smallest } = await minimise(coarse, stillFails, budget);
  if (smallest !== best.operations) {
    const verdict = await failing(setup, smallest, wanted, whole);
    if (verdict !== null) best = { operations: smallest, verdict };
  }
  return { ...best, runs: tried };
}

async function failing(
  setup: Setup,
  operations: readonly Operation[],
  failure: FailureSignature,
  options: DriveOptions,
): Promise<FailedVerdict | null> {
  const { verdict } = await runCase(setup, operations, options);
  return failsAs(verdict, failure) ? verdict : null;
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
  setup: Setup,
  operations: readonly Operation[],
  whole: DriveOptions,
): Promise<DriveOptions> {
  for (const options of cheaperThan(failure, whole)) {
    if ((await failing(setup, operations, failure, options)) !== null) return options;
  }
  return whole;
}
