import { Campaign, type Found } from '../campaign.ts';
import { newCase, type Case } from '../case.ts';
import type { DriveOptions } from '../drive.ts';
import { failureReport } from '../failure-report.ts';
import { sameFailure, type FailureSignature } from '../failure.ts';
import type { Sequence } from '../generate-sequence.ts';
import { History } from '../history.ts';
import type { CheckJob, Finding, Message } from '../job.ts';
import { recordStory } from '../record-story.ts';
import { rehearsalPays, rehearse } from '../rehearsal.ts';
import { RunFolder, type CaseFolder } from '../run-folder.ts';
import { storyOf } from '../story.ts';
import { shrinkFailure } from '../shrink-failure.ts';
import type { Workbench } from './workbench.ts';

/** Whoever looks at progress need not see more often. */
const PROGRESS_EVERY_MS = 100;

/** A failure that is kept, and may become smaller. */
interface Kept {
  readonly found: Found;
  readonly folder: CaseFolder;
  finding: Finding;
}

/** The job of `twinpath check`: a campaign, then each failure made small. */
export async function runCheck(
  job: CheckJob,
  bench: Workbench,
  say: (message: Message) => void,
  signal: AbortSignal,
): Promise<void> {
  const folder = RunFolder.at(job.runFolder);
  const history = new History(folder.path);
  const drive = bench.driveOptions(job.targets, job.faults);
  const kept: Kept[] = [];
  let toldAt = 0;
  const campaign = new Campaign(job.plan, drive, history, {
    onProgress: (progress) => {
      if (performance.now() - toldAt < PROGRESS_EVERY_MS) return;
      toldAt = performance.now();
      say({ type: 'progress', progress });
    },
    onFound: (found) => {
      if (kept.some(({ found: { verdict } }) => sameFailure(verdict.failure, found.verdict.failure)))
        return false;
      const fresh = keep(found, job, folder, kept.length + 1);
      kept.push(fresh);
      say({ type: 'found', finding: fresh.finding });
      return true;
    },
    onStep: (sequence, step) => bench.beat(sequence, step),
    stopped: () => signal.aborted,
  });
  if (rehearsalPays(job.targets, job.plan.sequencesMax)) await rehearse(drive.images);
  const result = await campaign.run();
  history.close();
  const e2fsckMs = bench.e2fsck?.busyMs ?? 0;
  const spent = bench.clock.all();
  const shrinkingSince = performance.now();
  for (const one of kept) await shrinkKept(one, job, drive, say, signal);
  const shrinkMs = performance.now() - shrinkingSince;
  const findings = kept.map(({ finding }) => finding);
  say({ type: 'checked', result: { ...result, findings, spent, e2fsckMs, shrinkMs } });
}

/** Puts the failure on disk. */
function keep(found: Found, job: CheckJob, runFolder: RunFolder, number: number): Kept {
  const { setup, operations, verdict, sequence } = found;
  const kept = newCase({
    setup,
    targets: job.targets,
    faults: job.faults,
    origin: { seed: job.plan.seed, run: sequence, version: job.version },
    failure: verdict.failure,
    operations,
  });
  const id = caseId(number, verdict.failure);
  const folder = runFolder.caseFolder(id);
  const report = failureReport(kept, verdict.evidence);
  folder.saveOriginal(kept, verdict.evidence, report);
  const finding = {
    id,
    caseFile: folder.caseFile,
    case: kept,
    report,
    foundWith: operations.length,
    shrinkRuns: 0,
  };
  return { found, folder, finding };
}

/** `01-e2fsck-impl-iomap`: what stands in a folder's name should need no escaping in a shell. */
const caseId = (number: number, { kind, target }: FailureSignature): string =>
  `${String(number).padStart(2, '0')}-${kind}-${target.replaceAll(/\W+/g, '-')}`;

/** Lets every judge look at one failure, and makes it smaller. Each better candidate replaces the last on disk, so a kill loses nothing. */
async function shrinkKept(
  kept: Kept,
  job: CheckJob,
  drive: DriveOptions,
  say: (message: Message) => void,
  signal: AbortSignal,
): Promise<void> {
  const { found, folder } = kept;
  const original = kept.finding.case;
  folder.saveStory(storyOf(original, found.verdict.evidence, { recorded: 'none', steps: [] }));
  if (signal.aborted) return;
  const smaller = ({ setup, operations }: Sequence, failure: FailureSignature): Case => ({
    ...original,
    setup,
    origin:
      operations.length < original.operations.length
        ? { ...original.origin, shrunkFrom: original.operations.length }
        : original.origin,
    operations,
    failure,
  });
  const shrunk = await shrinkFailure(found.setup, found.operations, drive, {
    ...budgetOf(job),
    signal,
    onSmaller: (best, { failure }, runs) => {
      folder.replace(smaller(best, failure));
      say({ type: 'shrinking', caseFile: folder.caseFile, operations: best.operations.length, runs });
    },
  });
  if (shrunk === null) {
    kept.finding = { ...kept.finding, report: `${kept.finding.report}\n${NOT_REPRODUCED}\n` };
    return;
  }
  const best = smaller(shrunk, shrunk.verdict.failure);
  const report = failureReport(best, shrunk.verdict.evidence);
  folder.save(best, shrunk.verdict.evidence, report);
  folder.saveStory(await recordStory(best, shrunk.verdict.evidence, drive));
  kept.finding = { ...kept.finding, case: best, report, shrinkRuns: shrunk.runs };
}

/** Without shrinking the sequence is still run once more, for every judge to say what is wrong with it. */
const budgetOf = ({ shrink }: CheckJob): { budgetRuns: number; budgetMs: number } => ({
  budgetRuns: shrink?.runs ?? 0,
  budgetMs: shrink?.ms ?? 0,
});

const NOT_REPRODUCED =
  'The sequence did not fail in the same way when it was run again by itself, so it was not shrunk.';
