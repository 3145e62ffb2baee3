import { writeAtomically } from '../atomic-file.ts';
import { programIn, writeCrashCase } from '../crash/crash-case.ts';
import { sameCrashFailure, type CrashFailure } from '../crash/crash-failure.ts';
import { crashReport } from '../crash/crash-report.ts';
import {
  recorded,
  searchStates,
  targetOf,
  type CrashContext,
  type FailingCrash,
  type KernelRecorder,
} from '../crash/crash-search.ts';
import { CrashExamination } from '../crash/examination.ts';
import type { CrashProgram } from '../crash/recorded-run.ts';
import { shrinkCrash } from '../crash/shrink-crash.ts';
import { ImageFiles } from '../image-file.ts';
import type { CrashCaseJob, Message } from '../job.ts';
import { kernelRecorder } from '../targets/kernel/target-words.ts';
import { crashTargets } from '../targets/typescript/crash-target.ts';
import { SHRINK_STATES } from './crash.ts';
import type { Workbench } from './workbench.ts';

type Say = (message: Message) => void;

/** The job of `twinpath replay` and `twinpath shrink` for a power cut. */
export async function runCrashCase(job: CrashCaseJob, bench: Workbench, say: Say): Promise<void> {
  const { recordedOn } = job.case;
  const recorder = recordedOn === undefined ? null : kernelRecorder(recordedOn, job.workspace);
  try {
    await judgeCase(job, bench, recorder, say);
  } finally {
    await recorder?.close();
  }
}

async function judgeCase(
  job: CrashCaseJob,
  bench: Workbench,
  recorder: KernelRecorder | null,
  say: Say,
): Promise<void> {
  const context: CrashContext = {
    targets: crashTargets(),
    recorder,
    judges: { e2fsck: bench.e2fsck, files: new ImageFiles(job.workspace) },
    begins: () => bench.beat(0, 0),
  };
  const { case: saved, shrink } = job;
  const failure = await failureOf(job, context);
  const known = saved.failure;
  if (failure === null || (shrink !== null && known !== null && !sameCrashFailure(failure, known))) {
    say({ type: 'crash judged', crash: null, report: '' });
    return;
  }
  let crash: FailingCrash = { program: programIn(saved), state: saved.state, failure };
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

async function failureOf({ case: saved }: CrashCaseJob, context: CrashContext): Promise<CrashFailure | null> {
  const program = programIn(saved);
  const target = targetOf(program, context);
  context.begins(program, saved.state);
  const run = await recorded(program, context);
  if (run.failure !== null || saved.state === null) return run.failure;
  const examination = new CrashExamination(run, target, context.judges);
  const failure = await examination.judgeFully(saved.state);
  run.recording.release();
  if (failure !== null || program.recordedOn === undefined) return failure;
  // A kernel does not write the same in the same order every time: then the state has another number, or comes another time.
  return await failureAnywhere(program, context);
}

async function failureAnywhere(program: CrashProgram, context: CrashContext): Promise<CrashFailure | null> {
  const limits = {
    states: SHRINK_STATES,
    e2fsckEvery: 1,
    endsAt: Infinity,
    stop: new AbortController().signal,
  };
  for (let seed = 0; seed < RECORDINGS; seed++) {
    const { found } = await searchStates(program, seed, context, limits);
    if (found !== null) return found.failure;
  }
  return null;
}

const RECORDINGS = 3;
