import type { DurabilityHistory, DurabilityMode, Operation, SameTime } from '../../model/index.ts';
import { modelOptions, timeOfStep, type Setup } from '../setup.ts';
import { BesideModel } from './beside-model.ts';
import { thrownFailure, type CrashFailure } from './crash-failure.ts';
import type {
  CrashSession,
  CrashTarget,
  DiskRecording,
  OverlappingCrashSession,
  ReturnedCall,
} from './crash-target.ts';
import { overtakenIn } from './overlap.ts';

/** What is crashed: a file system and what is done on it. */
export interface CrashProgram {
  readonly setup: Setup;
  /** The name of a target. */
  readonly target: string;
  /** Names of the planted bugs that are switched on. */
  readonly faults: readonly string[];
  readonly operations: readonly Operation[];
  /** See `Overlapping`. No kernel can be made to do so. */
  readonly overtakesAfter?: number | undefined;
  /** The name of a target whose kernel ran it, where that was not `target`, which recovers all the same. */
  readonly recordedOn?: string | undefined;
  /** The name of a target whose kernel recovers what e2fsck does, too, beside `target`. */
  readonly recoveredBy?: string | undefined;
}

/** A program that ran once, with all that was written meanwhile. */
export interface RecordedRun {
  readonly program: CrashProgram;
  readonly recording: DiskRecording;
  readonly history: DurabilityHistory;
  /** How many writes there were when the file system was mounted, and when each operation had returned. */
  readonly marks: readonly number[];
  /** The same for calls, by their numbers from 0, that returned before the one that they did not wait for. Absent: there are none. */
  readonly early?: ReadonlyMap<number, number>;
  /** What went wrong without any power cut. */
  readonly failure: CrashFailure | null;
  /** What the kernel that ran it does otherwise than Linux 6.18. */
  readonly otherRules?: Partial<DurabilityMode>;
  /** How the times on its disk compare with the model's; exactly when absent. */
  readonly sameTime?: SameTime;
}

/** Performs the operations of a program on a device that records, beside the model. */
export function recordRun(program: CrashProgram, target: CrashTarget): RecordedRun {
  const { setup, faults } = program;
  const options = { faults, now: timeOfStep(0) };
  const both = program.overtakesAfter === undefined ? null : target.startOverlapping(setup, options);
  const session = both ?? target.start(setup, options);
  const beside = new BesideModel(modelOptions(setup));
  const { recording } = session;
  const marks = [recording.writes.length];
  const early = new Map<number, number>();
  let failure: CrashFailure | null = null;
  try {
    for (const calls of callsOf(program, session, both)) {
      const noted = beside.noteAll(calls);
      if (noted !== null) {
        failure = noted === 'over' ? null : noted;
        break;
      }
      for (const { returned } of calls) {
        const last = marks.at(-1) ?? 0;
        if (returned < last) early.set(marks.length - 1, returned);
        marks.push(Math.max(returned, last));
      }
    }
    session.end();
  } catch (error) {
    session.abandon();
    failure ??= thrownFailure('crash', error, 'before any power cut');
  }
  return { program, recording, history: beside.history, marks, early, failure };
}

/** Performs the operations one after the other, or two at once where the second does not wait. */
function* callsOf(
  program: CrashProgram,
  session: CrashSession,
  both: OverlappingCrashSession | null,
): Generator<readonly ReturnedCall[]> {
  const { operations, overtakesAfter = 0 } = program;
  const overtaken = overtakenIn(program);
  for (let step = 0; step < operations.length; step++) {
    const [operation, next] = operations.slice(step, step + 2);
    if (operation === undefined) return;
    if (next === undefined || both === null || !overtaken.has(step)) {
      const outcome = session.apply(operation, timeOfStep(step));
      yield [{ operation, outcome, returned: session.recording.writes.length }];
      continue;
    }
    // What is overtaken changes no time stamps: those are the other's.
    yield both.applyBoth([operation, next], timeOfStep(++step), overtakesAfter);
  }
}
