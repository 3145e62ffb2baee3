import type { Handle, Operation, Outcome, Path } from '../../model/index.ts';
import { withImage } from '../evidence-image.ts';
import { newImageFails, targetBroke } from '../judges/crash-of-target.ts';
import { lanesOf, type DriveOptions } from '../drive.ts';
import { isFairNow } from '../generate/fairness.ts';
import { Lockstep, type OutcomeListener, type Participant, type StepContext } from '../lockstep.ts';
import { timeOfStep, type Setup } from '../setup.ts';
import {
  isPromise,
  TargetUnavailable,
  type DiskImage,
  type FailingSession,
  type FailingTarget,
  type Session,
  type Target,
} from '../target.ts';
import { thawing } from '../thawing.ts';
import type { FailedVerdict } from '../verdict.ts';
import { findLostWrites, tellsOfLoss } from './lost-writes.ts';
import { hidesOldBytes, lookForOldBytes, showsOldBytes, type OldBytesJudge } from './old-bytes.ts';

/**
 * A device that fails while it is mounted again is another story: nobody would be there to answer. A thaw that fails would leave all
 * that come later waiting for ever.
 */
const isPossible = ({ op }: Operation): boolean => op !== 'remount' && op !== 'freeze';

const forgetsInodes = (operation: Operation): boolean =>
  operation.op === 'drop-caches' && operation.what !== 'pages';

const CHANGES_NAMES: ReadonlySet<Operation['op']> = new Set(['rename', 'unlink']);

/** What came of a sequence on a device that goes wrong. */
export interface FailingRun {
  /** Null when nothing was wrong. */
  readonly failed: FailedVerdict | null;
  /** Whether a transfer failed. */
  readonly struck: boolean;
  /** Calls that told of something that was lost: EIO, or another errno, of what changes files or asks for what was lost. */
  readonly told: number;
  /** Operations from the first on that the run came to; what is behind them is not needed to see the same. */
  readonly performed: number;
  /** The device as it was left, well again; null where the run ended early. */
  readonly image: DiskImage | null;
}

/**
 * Performs a sequence on a device that goes wrong after the mount, as the setup says. Until the first transfer fails everything must be as the model says; from
 * then on nobody knows what the file system holds, but every call answers something, nothing breaks, nobody sees what blocks or memory
 * held before, and a write that is lost is told of.
 */
export async function runOnFailingDevice(
  setup: Setup,
  operations: readonly Operation[],
  target: FailingTarget,
  { faults, onStep, onOutcome }: Pick<DriveOptions, 'faults' | 'onStep' | 'onOutcome'>,
): Promise<FailingRun> {
  const { trouble = {}, ...well } = setup;
  const failing = await started(target, well, faults);
  if ('kind' in failing) return { failed: failing, struck: false, told: 0, performed: 0, image: null };
  failing.begin(trouble);
  const judge = hidesOldBytes(target.name, well, operations)
    ? { target: target.name, findOldBytes: failing.findOldBytes }
    : null;
  const run = new Run(well, target, failing, judge, onOutcome);
  let left = trouble.operationsAfter ?? Infinity;
  for (const [step, operation] of operations.entries()) {
    if (!isPossible(operation)) {
      run.leftOut = true;
      continue;
    }
    if (run.isStruck() && left-- <= 0) break;
    onStep?.(step);
    run.performed = step + 1;
    const failed = await run.step(operation, {
      step,
      now: timeOfStep(step),
      kind: 'result',
      stage: '',
    });
    if (failed === null) continue;
    return await run.abandoned(failed);
  }
  const ended = await run.end(operations.length);
  if (ended.failed !== null || ended.image === null || judge === null || !ended.struck) return ended;
  return { ...ended, failed: await mountedAgain(well, target, ended.image, judge, faults) };
}

/** The session, or how it failed: such a file system may be one that nobody can make. */
async function started(
  target: FailingTarget,
  setup: Setup,
  faults: readonly string[],
): Promise<FailingSession | FailedVerdict> {
  try {
    return await target.startFailing(setup, { faults, now: timeOfStep(0) });
  } catch (error) {
    if (error instanceof TargetUnavailable) throw error;
    return newImageFails(target.name, error);
  }
}

/** What the device holds, once it is well. That somebody refuses to mount it is for e2fsck to judge. */
async function mountedAgain(
  setup: Setup,
  target: Target,
  image: DiskImage,
  judge: OldBytesJudge,
  faults: readonly string[],
): Promise<FailedVerdict | null> {
  const now = timeOfStep(0);
  let session: Session;
  try {
    session = await target.mount(image, setup, { faults, now });
  } catch {
    return null;
  }
  const failed = await lookForOldBytes(judge, session, now);
  await session.unmount();
  return failed;
}

class Run {
  readonly #target: Target;
  readonly #failing: FailingSession;
  readonly #participant: Participant;
  readonly #judge: OldBytesJudge | null;
  readonly #lockstep: Lockstep;
  /** Open since the first transfer failed; before that, the model knows. */
  #handles: Set<Handle> | null = null;
  /** Whether names may lead elsewhere than when the model still knew. */
  #renamed = false;
  /** An inode that leaves memory takes along that something of it was lost, and who opens it later is told nothing. */
  #forgot = false;
  /** An operation of the sequence was not performed, so others may ask what nobody can know: they were drawn for what it would have left. */
  leftOut = false;
  told = 0;
  performed = 0;

  constructor(
    setup: Setup,
    target: Target,
    failing: FailingSession,
    judge: OldBytesJudge | null,
    onOutcome?: OutcomeListener,
  ) {
    this.#target = target;
    this.#failing = failing;
    this.#judge = judge;
    this.#participant = { name: target.name, target, session: failing.session };
    this.#lockstep = new Lockstep(
      lanesOf(setup, [this.#participant]),
      (operation, expected, participants, answers) => {
        onOutcome?.(operation, expected, participants, answers);
        if (this.isStruck())
          for (const answer of answers) if ('ok' in answer && tellsOfLoss(operation, answer)) this.told++;
      },
    );
  }

  isStruck(): boolean {
    return this.#failing.failed() > 0;
  }

  async step(operation: Operation, context: StepContext): Promise<FailedVerdict | null> {
    if (this.isStruck()) return await this.#perform(operation, context);
    if (this.leftOut && !this.#isFair(operation)) return null;
    const answer = this.#lockstep.step(operation, context);
    const failed = isPromise(answer) ? await answer : answer;
    if (this.isStruck()) this.#forgot = forgetsInodes(operation);
    return failed !== null && this.isStruck() && failed.failure.kind !== 'crash-of-target' ? null : failed;
  }

  #isFair(operation: Operation): boolean {
    return this.#lockstep.lanes.every(({ model, setup }) => isFairNow(model, operation, setup));
  }

  /** Files as they were called when the model still knew. */
  #paths(): Path[] {
    const [lane] = this.#lockstep.lanes;
    if (lane === undefined || this.#forgot) return [];
    const { files } = lane.model;
    return Array.from({ length: files.length }, (_, index) => files.at(index)?.path ?? '');
  }

  /** Nobody knows the answer. */
  async #perform(operation: Operation, context: StepContext): Promise<FailedVerdict | null> {
    const { name } = this.#target;
    try {
      const answer = await this.#failing.session.apply(operation, context.now);
      if (tellsOfLoss(operation, answer)) this.told++;
      this.#follow(operation, answer);
      return this.#judge === null ? null : showsOldBytes(this.#judge, operation, answer, context.step);
    } catch (error) {
      return targetBroke(name, operation, context, error);
    }
  }

  /** Which descriptors there are. */
  #follow(operation: Operation, { ok }: Outcome): void {
    if (forgetsInodes(operation)) this.#forgot = true;
    if (CHANGES_NAMES.has(operation.op)) this.#renamed = true;
    if (operation.op === 'open' && ok) this.#open().add(operation.as);
    if (operation.op === 'close') this.#open().delete(operation.handle);
  }

  /** Whether the file of each descriptor has a name, and still had it when the first transfer failed. */
  #allNamed(): boolean {
    const [lane] = this.#lockstep.lanes;
    if (lane === undefined || this.#renamed || this.#forgot) return false;
    const { handles } = lane.model;
    return [...this.#open()].every((handle) => {
      const view = handles.get(handle);
      return view?.type === 'file' && view.links > 0;
    });
  }

  #open(): Set<Handle> {
    const [lane] = this.#lockstep.lanes;
    return (this.#handles ??= new Set(lane?.model.handles.keys()));
  }

  /** While nobody knows of any loss. */
  async #lostWrites(steps: number): Promise<FailedVerdict | null> {
    if (!this.isStruck() || this.told > 0) return null;
    const heal = (): void => this.#failing.begin(null);
    return await findLostWrites(
      this.#target.name,
      this.#failing.session,
      { handles: this.#open(), paths: this.#paths(), allNamed: this.#allNamed() },
      heal,
      timeOfStep(steps),
    );
  }

  /** What must hold in memory holds whatever the device did. What cannot be read cannot be compared. */
  async #checkInvariants(): Promise<void> {
    try {
      await this.#failing.session.checkInvariants?.();
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }

  /** The run is over; its disk belongs to the evidence. */
  async abandoned(failed: FailedVerdict): Promise<FailingRun> {
    const judged = await withImage(failed, [this.#participant]);
    this.#failing.session.abandon();
    return this.#ended(judged, null);
  }

  #ended(failed: FailedVerdict | null, image: DiskImage | null): FailingRun {
    const { told, performed } = this;
    return { failed, struck: this.isStruck(), told, performed, image };
  }

  /** Everything is closed while the device is as it is; then it is well again. */
  async end(steps: number): Promise<FailingRun> {
    const { name } = this.#target;
    const context = { step: null, stage: 'when it is unmounted' };
    try {
      const [lane] = this.#lockstep.lanes;
      if (lane !== undefined)
        for (const operation of thawing(lane.model))
          await this.#failing.session.apply(operation, timeOfStep(steps));
      const failed = await this.#lostWrites(steps);
      await this.#checkInvariants();
      if (failed !== null) return await this.abandoned(failed);
      return this.#ended(null, await this.#failing.session.unmount());
    } catch (error) {
      if (!isAnswer(error)) return await this.abandoned(targetBroke(name, null, context, error));
      const image = await this.#failing.session.powerCut();
      this.#failing.session.abandon();
      return this.#ended(null, image);
    } finally {
      this.#failing.begin(null);
    }
  }
}

/** What a system call may answer. */
const isErrno = (error: unknown): error is { readonly errno: unknown } =>
  typeof error === 'object' && error !== null && 'errno' in error;

/** What umount(2) may answer: the device has taken the last of it, or has not. */
const isAnswer = (error: unknown): boolean => isErrno(error) && error.errno === 'EIO';
