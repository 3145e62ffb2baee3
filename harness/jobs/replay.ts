import { runCase } from '../drive.ts';
import { failureReport } from '../failure-report.ts';
import type { Message, ReplayJob } from '../job.ts';
import type { Workbench } from './workbench.ts';

/** The job of `twinpath replay`: a saved case once more, with every judge. */
export async function runReplay(
  job: ReplayJob,
  bench: Workbench,
  say: (message: Message) => void,
): Promise<void> {
  const { setup, operations, faults } = job.case;
  const drive = bench.driveOptions(job.targets, faults);
  const { verdict } = await runCase(setup, operations, drive);
  if (verdict.kind === 'fails') {
    const seen = { ...job.case, targets: job.targets, failure: verdict.failure };
    const report = failureReport(seen, verdict.evidence);
    say({ type: 'replayed', result: { verdict: 'fails', failure: verdict.failure, report } });
  } else {
    const report = verdict.kind === 'unknown' ? verdict.reason : '';
    say({ type: 'replayed', result: { verdict: verdict.kind, failure: null, report } });
  }
}
