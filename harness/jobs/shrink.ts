import { writeAtomically } from '../atomic-file.ts';
import { writeCase, type Case } from '../case.ts';
import { failureReport } from '../failure-report.ts';
import type { FailureSignature } from '../failure.ts';
import type { Sequence } from '../generate-sequence.ts';
import type { Message, ShrinkJob } from '../job.ts';
import { shrinkFailure } from '../shrink-failure.ts';
import type { Workbench } from './workbench.ts';

/** The job of `twinpath shrink`: a saved case made smaller, as it fails now. */
export async function runShrink(
  job: ShrinkJob,
  bench: Workbench,
  say: (message: Message) => void,
  signal: AbortSignal,
): Promise<void> {
  const original = job.case;
  const { setup, operations, targets, faults } = original;
  const drive = bench.driveOptions(targets, faults);
  const smaller = (best: Sequence, failure: FailureSignature): Case => ({
    ...original,
    origin: { ...original.origin, shrunkFrom: original.origin.shrunkFrom ?? operations.length },
    setup: best.setup,
    operations: best.operations,
    failure,
  });
  const shrunk = await shrinkFailure(setup, operations, drive, {
    budgetRuns: job.budget.runs,
    budgetMs: job.budget.ms,
    signal,
    onSmaller: (best, { failure: seen }, runs) => {
      writeAtomically(job.output, writeCase(smaller(best, seen)));
      say({ type: 'shrinking', caseFile: job.output, operations: best.operations.length, runs });
    },
  });
  if (shrunk === null) {
    sayGone(job, say);
    return;
  }
  const best = smaller(shrunk, shrunk.verdict.failure);
  writeAtomically(job.output, writeCase(best));
  const report = failureReport(best, shrunk.verdict.evidence);
  const finding = {
    id: null,
    caseFile: job.output,
    case: best,
    report,
    foundWith: operations.length,
    shrinkRuns: shrunk.runs,
  };
  say({ type: 'shrunk', finding, reproduced: true });
}

function sayGone(job: ShrinkJob, say: (message: Message) => void): void {
  const finding = {
    id: null,
    caseFile: job.output,
    case: job.case,
    report: '',
    foundWith: job.case.operations.length,
    shrinkRuns: 0,
  };
  say({ type: 'shrunk', finding, reproduced: false });
}
