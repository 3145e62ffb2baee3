import { hasFeature } from '../format.ts';
import type { Dice } from '../generate/dice.ts';
import type { CrashFailure } from './crash-failure.ts';
import { drawCuts, type CutRange } from './draw-states.ts';
import { CrashExamination, type ImageJudges } from './examination.ts';
import type { CrashTarget } from './crash-target.ts';
import type { CrashState, PowerCut } from './power-cut.ts';
import { recordRun, type CrashProgram, type RecordedRun } from './recorded-run.ts';
import { seededDice } from '../generate/seeded-dice.ts';

/** Runs programs on a kernel, on a device that records. */
export interface KernelRecorder {
  record(program: CrashProgram, target: CrashTarget): Promise<RecordedRun>;
}

/** Runs a program where it is to run: in this process, or on a kernel. */
export async function recorded(program: CrashProgram, context: CrashContext): Promise<RecordedRun> {
  const target = targetOf(program, context);
  if (program.recordedOn === undefined) return recordRun(program, target);
  if (context.recorder === null) throw new Error(`nobody records ${program.recordedOn} here`);
  return await context.recorder.record(program, target);
}

/** A program and a power cut that fail. The state is null when it fails without one. */
export interface FailingCrash {
  readonly program: CrashProgram;
  readonly state: CrashState | null;
  readonly failure: CrashFailure;
}

/** What states are examined with. */
export interface CrashContext {
  readonly targets: readonly CrashTarget[];
  readonly judges: ImageJudges;
  /** Where programs run on kernels; null where none does. */
  readonly recorder: KernelRecorder | null;
  /** Hears of each state before it is examined; of null before the program runs. */
  readonly begins: (program: CrashProgram, state: CrashState | null) => void;
}

export interface CrashLimits {
  readonly states: number;
  readonly e2fsckEvery: number;
  /** A time of performance.now(). */
  readonly endsAt: number;
  readonly stop: AbortSignal;
}

export interface CrashSearchResult {
  readonly states: number;
  /** Of those: recovered by e2fsck, too. */
  readonly checked: number;
  /** Of those: with a second cut while the first was recovered from. */
  readonly twice: number;
  /** Only the first: most that a program shows is one mistake. */
  readonly found: FailingCrash | null;
}

/** One state in so many is cut again. */
const AGAIN_ONE_IN = 12;

/** Where every state needs e2fsck, which costs more than so many others, fewer are looked at: the other modes would get no time. */
const E2FSCK_COSTS_STATES = 8;

/** Why the thread lets others have a turn now and then: a request to stop must come in. */
const BATCH = 16;

/** Runs a program and examines states of it until the limits say that it is enough. */
export async function searchStates(
  program: CrashProgram,
  seed: number,
  context: CrashContext,
  limits: CrashLimits,
): Promise<CrashSearchResult> {
  context.begins(program, null);
  const target = targetOf(program, context);
  const run = await recorded(program, context);
  const counts = { states: 0, checked: 0, twice: 0 };
  if (run.failure !== null) return { ...counts, found: { program, state: null, failure: run.failure } };
  const examination = new CrashExamination(run, target, context.judges);
  const dice = seededDice(~seed);
  const always = !hasFeature(program.setup.format, 'has_journal');
  const most = always ? Math.ceil(limits.states / E2FSCK_COSTS_STATES) : limits.states;
  let found: FailingCrash | null = null;
  for (const cut of drawCuts(run.recording, rangeOf(run.marks), dice)) {
    if (counts.states >= most || performance.now() >= limits.endsAt || limits.stop.aborted) break;
    const state = dice.oneIn(AGAIN_ONE_IN) ? cutAgain(examination, cut, dice) : { cut };
    const fully = context.judges.e2fsck !== null && (always || dice.oneIn(limits.e2fsckEvery));
    if (always && !fully) break;
    context.begins(program, state);
    counts.states++;
    if (fully) counts.checked++;
    if (state.again !== undefined) counts.twice++;
    const failure = fully ? await examination.judgeFully(state) : examination.judge(state);
    if (failure !== null) {
      found = { program, state, failure };
      break;
    }
    if (counts.states % BATCH === 0) await new Promise(setImmediate);
  }
  run.recording.release();
  return { ...counts, found };
}

export function targetOf({ target }: CrashProgram, { targets }: Pick<CrashContext, 'targets'>): CrashTarget {
  const found = targets.find(({ name }) => name === target);
  if (found === undefined)
    throw new Error(`${target} cannot be crashed; ${targets.map(({ name }) => name).join(', ')} can`);
  return found;
}

/** From the mount on to the end of the last operation. */
export const rangeOf = (marks: readonly number[]): CutRange => ({
  first: marks[0] ?? 0,
  last: marks.at(-1) ?? 0,
  returns: marks,
});

/** The same cut, and another one while it is recovered from; only the first where recovery fails or writes nothing. */
export function cutAgain(examination: CrashExamination, cut: PowerCut, dice: Dice): CrashState {
  const recovery = examination.recordedRecovery(cut);
  if ('kind' in recovery || recovery.recording === null) return { cut };
  const { recording, image } = recovery;
  const range = { first: 0, last: recording.writes.length };
  const [again] = range.last === 0 ? [] : drawCuts(recording, range, dice);
  recording.release();
  image.release?.();
  return again === undefined ? { cut } : { cut, again };
}
