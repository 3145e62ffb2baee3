import { writeAtomically } from '../atomic-file.ts';
import { programIn, writeCrashCase } from '../crash/crash-case.ts';
import { sameCrashFailure } from '../crash/crash-failure.ts';
import { crashReport } from '../crash/crash-report.ts';
import {
  recorded,
  searchStates,
  targetOf,
  type CrashContext,
  type FailingCrash,
} from '../crash/crash-search.ts';
import { CrashExamination } from '../crash/examination.ts';
import type { CrashProgram } from '../crash/recorded-run.ts';
import { shrinkCrash } from '../crash/shrink-crash.ts';
import type { CrashCaseJob, Message } from '../job.ts';
import { SHRINK_STATES } from './crash.ts';
import { withParticipants, type CrashParticipants } from './crash-participants.ts';
import type { Workbench } from './workbench.ts';

type Say = (message: Message) => void;

/** The job of `twinpath replay` and `twinpath shrink` for a power cut. */
export async function runCrashCase(job: CrashCaseJob, bench: Workbench, say: Say): Promise<void> {
  await withParticipants(job.case, job.workspace, bench, (participants) =>
    judgeCase(job, bench, participants, say),
  );
}

async function judgeCase(
  job: CrashCaseJob,
  bench: Workbench,
  participants: CrashParticipants,
  say: Say,
): Promise<void> {
  const context: CrashContext = { ...participants, begins: () => bench.beat(0, 0) };
  const { case: saved, shrink } = job;
  let crash = await failingAgain(job, context);
  const known = saved.failure;
  if (crash === null || (shrink !== null && known !== null && !sameCrashFailure(crash.failure, known))) {
    say({ type: 'crash judged', crash: null, report: '' });
    return;
  }
  if (shrink !== null) {
    const save = ({ program, state, failure: seen }: FailingCrash): void =>
      writeAtomically(shrink.output, writeCrashCase({ ...saved, ...program, state, failure: seen }));
    crash = await shrinkCrash(crash, context, { ms: shrink.ms, states: SHRINK_STATES }, (better) => {
      save(better);
      say({ type: 'crash shrinking', operations: better.program.operations.length });
    });
    save(crash);
  }
  say({ type: 'crash judged', crash, report: await crashReport(crash, context) });
}

/** The case as it fails now; null when it does not. */
async function failingAgain(
  { case: saved }: CrashCaseJob,
  context: CrashContext,
): Promise<FailingCrash | null> {
  const program = programIn(saved);
  const { state } = saved;
  const target = targetOf(program, context);
  context.begins(program, state);
  const run = await recorded(program, context);
  if (run.failure !== null) return { program, state: null, failure: run.failure };
  if (state === null) return null;
  const examination = new CrashExamination(run, target, context.judges);
  const failure = await examination.judgeFully(state);
  run.recording.release();
  if (failure !== null) return { program, state, failure };
  // A kernel does not write the same in the same order every time: then the state has another number, or comes another time.
  return program.recordedOn === undefined ? null : await failingAnywhere(program, context);
}

async function failingAnywhere(program: CrashProgram, context: CrashContext): Promise<FailingCrash | null> {
  const limits = {
    states: SHRINK_STATES,
    e2fsckEvery: 1,
    endsAt: Infinity,
    stop: new AbortController().signal,
  };
  for (let seed = 0; seed < RECORDINGS; seed++) {
    const { found } = await searchStates(program, seed, context, limits);
    if (found !== null) return found;
  }
  return null;
}

const RECORDINGS = 3;
