import type { DurabilityHistory, DurabilityMode, OperationName } from '../../../model/index.ts';
import { BesideModel } from '../../crash/beside-model.ts';
import type { CrashFailure } from '../../crash/crash-failure.ts';
import type { KernelRecorder } from '../../crash/crash-search.ts';
import type { CrashTarget } from '../../crash/crash-target.ts';
import type { CrashProgram, RecordedRun } from '../../crash/recorded-run.ts';
import { modelOptions, timeOfStep, type Setup } from '../../setup.ts';
import { TargetUnavailable } from '../../target.ts';
import { EXT4 } from './file-systems.ts';
import { GuestMachine, type GuestKind, type GuestSeat } from './guest-machine.ts';
import { KernelClock } from './kernel-clock.ts';
import { KernelSession } from './kernel-session.ts';
import { isBefore } from './kernel-version.ts';
import { linuxTraits } from './machine-traits.ts';
import { MetDifferences } from './met-differences.ts';
import { uncomparedOf } from './promises.ts';
import { readWriteLog } from './write-log.ts';

/** What is known of a program when it is over, but for what was written. */
interface Performed {
  readonly history: DurabilityHistory;
  readonly failure: CrashFailure | null;
}

/**
 * Runs programs on a kernel of its own, whose disk is a device that writes down what is written to it: dm-log-writes, for which no
 * kernel has to be changed. It writes a write down when a flush or FUA has made it durable, so each prefix of the log, without any part of
 * what lies behind its last flush, is a disk that a power cut may leave.
 */
export class GuestRecorder implements KernelRecorder {
  readonly #machine: GuestMachine;
  /** Words of mount(8) beyond those of setups. */
  readonly #options: readonly string[];

  constructor(kind: GuestKind, workspace: string, options: readonly string[]) {
    this.#machine = new GuestMachine(kind, workspace, 'recorded', true);
    this.#options = options;
  }

  async record(program: CrashProgram, target: CrashTarget): Promise<RecordedRun> {
    const { setup } = program;
    const image = target.fresh(setup);
    const seat = await this.#machine.seat(image.sizeBytes);
    try {
      seat.load(image);
      const writeZeroes = await this.#stand(seat, setup);
      await mark(seat, 0);
      const clock = new KernelClock(false);
      const done = await performed(program, seat, clock, writeZeroes);
      // Unmounted, so that all of it is in the log.
      await seat.performer.call({ call: 'go' });
      const { writes, marks } = readWriteLog(seat.log ?? '');
      seat.release();
      const versions = Array.from({ length: done.history.steps.length + 1 }, (_, step) => step);
      return {
        ...done,
        program,
        recording: target.recording(image, writes),
        marks: versions.map((step) => placeOf(marks, step)),
        otherRules: rulesOf(seat.performer.hello.kernel),
        sameTime: (expected, observed) => clock.same(expected, observed),
      };
    } catch (error) {
      seat.destroy();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#machine.close();
  }

  /** Answers whether the device writes zeros faster than bytes. */
  async #stand(seat: GuestSeat, setup: Setup): Promise<boolean> {
    const place = seat.place(EXT4.type, [...EXT4.mountWords(setup), ...this.#options]);
    // Within one tick a second write stamps nothing, so an fsync commits nothing: the rules of the oracle are about the others.
    const answer = await seat.performer.call({ call: 'stand', place, paced: true });
    if (answer.error === undefined) return answer.writesZeroes === true;
    throw new TargetUnavailable(
      [`mounting on dm-log-writes: ${answer.error}`, ...(answer.heard ?? [])].join('\n'),
    );
  }
}

/**
 * fs/ext4/extents.c of 6.1: ext4_punch_hole and ext4_zero_range call ext4_update_disksize_before_punch only where whole blocks lie in
 * the range; seen on 6.1.176. Commit 9d80eaa1a1d3 is of 6.18. What sync(2) flushes is so on all kernels that are known (rule 3).
 */
const rulesOf = (release: string): Partial<DurabilityMode> => ({
  ...(isBefore(release, '6.18') && { holesLeaveSize: true }),
  syncFlushesTooSoon: true,
});

/** The mark behind so many operations: one word, for the message that makes it is split at blanks. */
const markOf = (operations: number): string => `after-${operations}`;

function placeOf(marks: ReadonlyMap<string, number>, operations: number): number {
  const place = marks.get(markOf(operations));
  if (place === undefined) throw new Error(`the log of writes lacks the mark ${markOf(operations)}`);
  return place;
}

async function mark({ performer }: GuestSeat, operations: number): Promise<void> {
  const { error } = await performer.call({ call: 'mark', word: markOf(operations) });
  if (error !== undefined) throw new Error(`a mark in the log of writes: ${error}`);
}

/** Performs the operations beside the model, and marks in the log where each has returned. */
async function performed(
  { setup, operations }: CrashProgram,
  seat: GuestSeat,
  clock: KernelClock,
  writeZeroes: boolean,
): Promise<Performed> {
  const { hello } = seat.performer;
  const differences = new MetDifferences(hello.kernel, 'ext4', setup);
  const session = new KernelSession(seat, clock, differences, uncomparedOf('ext4'));
  const beside = new BesideModel(
    { ...modelOptions(setup), ...linuxTraits(hello), writeZeroes },
    session.sameTime,
    ({ op }, { detail }) => isExcused(session, op, detail),
  );
  const { history } = beside;
  for (const [step, operation] of operations.entries()) {
    const noted = beside.note(operation, await session.apply(operation, timeOfStep(step)));
    if (noted !== null) return { history, failure: noted === 'over' ? null : noted };
    await mark(seat, step + 1);
  }
  return { history, failure: null };
}

/** What twinpath kernel knows already is nothing new here: what came before may be judged all the same. */
const isExcused = (session: KernelSession, operation: OperationName, detail: string): boolean =>
  session.excuse({ kind: 'result', target: '', step: null, operation, detail }) !== null;
