import type { Operation } from '../../model/index.ts';
import { targetBroke } from '../judges/crash-of-target.ts';
import { lanesOf, type DriveOptions } from '../drive.ts';
import { Lockstep, type OutcomeListener, type StepContext } from '../lockstep.ts';
import { timeOfStep, type Setup } from '../setup.ts';
import { isPromise, type DiskImage, type Session } from '../target.ts';
import type { FailingTarget, Trouble } from '../targets/typescript/failing-target.ts';
import { thawing } from '../thawing.ts';
import type { FailedVerdict } from '../verdict.ts';

/**
 * A device that fails while it is mounted again is another story: nobody would be there to answer. A thaw that fails would leave all
 * that come later waiting for ever.
 */
const isPossible = ({ op }: Operation): boolean => op !== 'remount' && op !== 'freeze';

/** What came of a sequence on a device that goes wrong. */
export interface FailingRun {
  /** Null when nothing was wrong. */
  readonly failed: FailedVerdict | null;
  /** Whether a transfer failed. */
  readonly struck: boolean;
  /** Calls that answered EIO. */
  readonly told: number;
  /** The device as it was left, well again; null where the run ended early. */
  readonly image: DiskImage | null;
}

/**
 * Performs a sequence on a device that goes wrong after the mount, as the setup says. Until the first transfer fails everything must be as the model says; from
 * then on nobody knows what the file system holds, but every call answers something, and nothing breaks.
 */
export async function runOnFailingDevice(
  setup: Setup,
  operations: readonly Operation[],
  failing: FailingTarget,
  { faults, onStep, onOutcome }: Pick<DriveOptions, 'faults' | 'onStep' | 'onOutcome'>,
): Promise<FailingRun> {
  const { target } = failing;
  const { trouble = {}, ...well } = setup;
  const session = await target.start(well, { faults, now: timeOfStep(0) });
  failing.begin(trouble as Trouble);
  const run = new Run(well, failing, session, onOutcome);
  for (const [step, operation] of operations.entries()) {
    if (!isPossible(operation)) continue;
    onStep?.(step);
    const failed = await run.step(operation, {
      step,
      now: timeOfStep(step),
      kind: 'result',
      stage: '',
    });
    if (failed === null) continue;
    session.abandon();
    return { failed, struck: run.isStruck(), told: run.told, image: null };
  }
  return await run.end(operations.length);
}

class Run {
  readonly #failing: FailingTarget;
  readonly #session: Session;
  readonly #lockstep: Lockstep;
  told = 0;

  constructor(setup: Setup, failing: FailingTarget, session: Session, onOutcome?: OutcomeListener) {
    this.#failing = failing;
    this.#session = session;
    const { target } = failing;
    this.#lockstep = new Lockstep(
      lanesOf(setup, [{ name: target.name, target, session }]),
      (operation, expected, participants, answers) => {
        onOutcome?.(operation, expected, participants, answers);
        for (const answer of answers) if ('ok' in answer && !answer.ok && answer.errno === 'EIO') this.told++;
      },
    );
  }

  isStruck(): boolean {
    return this.#failing.failed() > 0;
  }

  async step(operation: Operation, context: StepContext): Promise<FailedVerdict | null> {
    if (this.isStruck()) return await this.#perform(operation, context);
    const answer = this.#lockstep.step(operation, context);
    const failed = isPromise(answer) ? await answer : answer;
    return failed !== null && this.isStruck() && failed.failure.kind !== 'crash-of-target' ? null : failed;
  }

  /** Nobody knows the answer. */
  async #perform(operation: Operation, context: StepContext): Promise<FailedVerdict | null> {
    const { name } = this.#failing.target;
    try {
      const answer = await this.#session.apply(operation, context.now);
      if (!answer.ok && answer.errno === 'EIO') this.told++;
      return null;
    } catch (error) {
      return targetBroke(name, operation, context, error);
    }
  }

  /** Everything is closed while the device is as it is; then it is well again. */
  async end(steps: number): Promise<FailingRun> {
    const { name } = this.#failing.target;
    const struck = this.isStruck();
    const context = { step: null, stage: 'when it is unmounted' };
    try {
      const [lane] = this.#lockstep.lanes;
      if (lane !== undefined)
        for (const operation of thawing(lane.model)) await this.#session.apply(operation, timeOfStep(steps));
      const image = await this.#session.unmount();
      return { failed: null, struck, told: this.told, image };
    } catch (error) {
      const failed = isAnswer(error) ? null : targetBroke(name, null, context, error);
      const image = failed === null ? await this.#session.powerCut() : null;
      this.#session.abandon();
      return { failed, struck, told: this.told, image };
    } finally {
      this.#failing.begin(null);
    }
  }
}

/** What umount(2) may answer: the device has taken the last of it, or has not. */
const isAnswer = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'errno' in error && error.errno === 'EIO';
