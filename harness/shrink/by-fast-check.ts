import type { Operation } from '../../model/index.ts';
import { operationSequences } from '../generate/operations.ts';
import type { Setup } from '../setup.ts';

/** After so many runs in a row that made nothing shorter it only goes on with arguments, one by one. */
const PATIENCE_RUNS = 60;

/**
 * What fast-check's own runner does with a failing value: takes the first of its simpler ones that fails, and goes on from
 * there. Good at throwing most of a sequence away in few runs; it leaves the fine work to `minimise`.
 */
export async function shrinkByFastCheck(
  setup: Setup,
  operations: readonly Operation[],
  stillFails: (candidate: readonly Operation[]) => Promise<boolean>,
  { budgetRuns, signal }: { readonly budgetRuns: number; readonly signal: AbortSignal },
): Promise<readonly Operation[]> {
  const arbitrary = operationSequences({ setup, maxOperations: Math.max(1, operations.length) });
  let runs = 0;
  let inVain = 0;
  let best = operations;
  let simpler = arbitrary.shrink(best, undefined)[Symbol.iterator]();
  while (runs < budgetRuns && inVain < PATIENCE_RUNS && !signal.aborted) {
    const next = simpler.next();
    if (next.done === true) break;
    runs++;
    inVain++;
    if (!(await stillFails(next.value.value))) continue;
    if (next.value.value.length < best.length) inVain = 0;
    best = next.value.value;
    simpler = arbitrary.shrink(best, next.value.context)[Symbol.iterator]();
  }
  return best;
}
