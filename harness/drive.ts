import { Model, type Operation } from '../model/index.ts';
import type { E2fsck } from './e2fsck.ts';
import { driveFailing } from './failing/drive-failing.ts';
import { finish, type Stages } from './finish.ts';
import type { ImageFiles } from './image-file.ts';
import { inspect } from './inspection.ts';
import { newImageFails } from './judges/crash-of-target.ts';
import { Lane, Lockstep, type OutcomeListener, type Participant, type StepContext } from './lockstep.ts';
import { modelOptions, timeOfLookAfter, timeOfStep, type Setup } from './setup.ts';
import type { StageClock } from './stage-clock.ts';
import { isPromise, TargetUnavailable, type Target } from './target.ts';
import { withImage } from './evidence-image.ts';
import { whyUnperformed } from './unperformed.ts';
import { HOLDS, unknown, worst, type FailedVerdict, type Verdict } from './verdict.ts';

/** What a run is done with, the same for many runs. */
export interface DriveOptions {
  readonly targets: readonly Target[];
  readonly faults: readonly string[];
  /** Null: the run ends with its last operation. */
  readonly stages: Stages | null;
  /** Null: images are not checked. */
  readonly e2fsck: E2fsck | null;
  readonly images: ImageFiles;
  readonly clock: StageClock;
  /** Told before each operation, so that somebody else can see where a run hangs. */
  readonly onStep?: (step: number) => void;
  /** Told each operation that was performed. */
  readonly onOutcome?: OutcomeListener;
  /** Asked to look at everybody after each operation, also after the one that failed, and waited for. */
  readonly onStepped?: (step: number, lanes: readonly Lane[]) => Promise<void>;
}

/** What came of one sequence. */
export interface RunResult {
  readonly verdict: Verdict;
  /** How many operations of the sequence were performed. */
  readonly executed: number;
}

/** A sequence of which everything has been done but waiting for e2fsck. */
export interface Driven {
  /** What is known so far. */
  readonly verdict: Verdict;
  readonly executed: number;
  /** What e2fsck says in the end. */
  readonly images: Promise<Verdict>;
}

/** Runs one sequence and waits for every judge. Never throws for what it finds. */
export async function runCase(
  setup: Setup,
  operations: readonly Operation[],
  options: DriveOptions,
): Promise<RunResult> {
  const driven = await drive(setup, operations, options);
  return { verdict: worst([driven.verdict, await driven.images]), executed: driven.executed };
}

/** Runs one sequence on the model and all targets in step, and leaves e2fsck running when all else is done. */
export async function drive(
  setup: Setup,
  operations: readonly Operation[],
  options: DriveOptions,
): Promise<Driven> {
  const missing = whyUnperformed(operations, options.targets);
  if (missing !== null) return { verdict: missing, executed: 0, images: Promise.resolve(HOLDS) };
  if (setup.trouble !== undefined) return await driveFailing(setup, operations, options);
  const started = await startAll(setup, options);
  if ('kind' in started) return { verdict: started, executed: 0, images: Promise.resolve(HOLDS) };
  const { participants } = started;
  const lockstep = new Lockstep(lanesOf(setup, participants), options.onOutcome);
  const { failed, executed } = await performAll(
    lockstep,
    operations,
    setup.inspectEvery ?? Infinity,
    options,
  );
  if (failed !== null) {
    const judged = excused(failed, participants);
    const verdict = judged === failed ? await withImage(failed, participants) : judged;
    for (const { session } of participants) session.abandon();
    return { verdict, executed, images: Promise.resolve(HOLDS) };
  }
  if (options.stages === null) {
    for (const { session } of participants) session.abandon();
    return { verdict: HOLDS, executed, images: Promise.resolve(HOLDS) };
  }
  const finished = await finish(lockstep.lanes, setup, timeOfStep(operations.length), {
    operations,
    ...options,
    stages: options.stages,
  });
  return {
    verdict: excused(finished.verdict, participants),
    images: finished.images.then((images) => excused(images, participants)),
    executed,
  };
}

async function startAll(
  setup: Setup,
  { targets, faults, clock }: DriveOptions,
): Promise<{ participants: Participant[] } | Verdict> {
  const participants: Participant[] = [];
  clock.enter('start');
  for (const target of targets) {
    try {
      const session = await target.start(setup, { faults, now: timeOfStep(0) });
      participants.push({ name: target.name, target, session });
    } catch (error) {
      for (const { session } of participants) session.abandon();
      if (error instanceof TargetUnavailable) return unknown(`${target.name}: ${error.message}`);
      return newImageFails(target.name, error);
    }
  }
  return { participants };
}

/** A lane with a new model for all that have the same traits. */
export function lanesOf(setup: Setup, participants: readonly Participant[]): Lane[] {
  const groups = new Map<string, Participant[]>();
  for (const participant of participants) {
    const { traits = {}, caller = null } = participant.target;
    const key = JSON.stringify([traits, caller]);
    groups.set(key, [...(groups.get(key) ?? []), participant]);
  }
  return [...groups.values()].map((group) => {
    const options = { ...modelOptions(setup), ...group[0]?.target.traits };
    const model = new Model(options);
    const caller = group[0]?.target.caller ?? null;
    if (caller !== null) model.step({ op: 'setcreds', ...caller }, timeOfStep(0));
    return new Lane(setup, model, group);
  });
}

async function performAll(
  lockstep: Lockstep,
  operations: readonly Operation[],
  inspectEvery: number,
  { onStep, onStepped, clock }: DriveOptions,
): Promise<{ failed: FailedVerdict | null; executed: number }> {
  clock.enter('run');
  for (const [step, operation] of operations.entries()) {
    onStep?.(step);
    if (step % inspectEvery === 0) lockstep.foresee(operations.slice(step, step + inspectEvery));
    const context: StepContext = { step, now: timeOfStep(step), kind: 'result', stage: '' };
    const answer = lockstep.step(operation, context);
    let failed = isPromise(answer) ? await answer : answer;
    if (onStepped !== undefined) await onStepped(step, lockstep.lanes);
    if (failed === null && (step + 1) % inspectEvery === 0) {
      clock.enter('inspect');
      // The sequence up to here, run by itself, shows the same at its end, so a place in the middle says nothing.
      const inTheMiddle = {
        step: null,
        now: timeOfLookAfter(step),
        kind: 'tree' as const,
        stage: 'in the middle of the run',
      };
      failed = await inspectAll(lockstep, inTheMiddle);
      clock.enter('run');
    }
    if (failed !== null) return { failed, executed: step + 1 };
  }
  return { failed: null, executed: operations.length };
}

/** Looks at the whole tree on every lane, and goes on with those that come of it. */
async function inspectAll(lockstep: Lockstep, context: StepContext): Promise<FailedVerdict | null> {
  const after: Lane[] = [];
  for (const lane of lockstep.lanes) {
    const { failed, lanes } = await inspect(lane, context);
    if (failed !== null) return failed;
    after.push(...lanes);
  }
  lockstep.goOnWith(after);
  return null;
}

/** Unknown where a reviewed difference between the target and the model explains the failure. */
function excused(verdict: Verdict, participants: readonly Participant[]): Verdict {
  if (verdict.kind !== 'fails') return verdict;
  const { failure } = verdict;
  const own = participants.find(({ name }) => name === failure.target);
  const reason = own?.session.excuse?.(failure) ?? null;
  return reason === null ? verdict : unknown(`${failure.target}: known difference: ${reason}`);
}
