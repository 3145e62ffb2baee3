import type { Operation } from '../model/index.ts';
import { isFairNow } from './generate/fairness.ts';
import { Lane, Lockstep, type Participant, type StepContext } from './lockstep.ts';
import { modelOptions, timeOfStep } from './setup.ts';
import { isPromise } from './target.ts';
import type { FailedVerdict } from './verdict.ts';

/**
 * Goes on with a file system that one target has begun and another has mounted: performs operations there, after `steps` that
 * were performed before. Answers what went wrong, and else the lane behind them, which has one participant.
 */
export async function goOn(
  { model, setup }: Lane,
  participant: Participant,
  operations: readonly Operation[],
  steps: number,
  stage: string,
): Promise<FailedVerdict | Lane> {
  // What may differ between machines is the other one's from now on.
  const traits = { ...modelOptions(setup), ...participant.target.traits };
  const lane = new Lane(setup, model.clone(traits), [participant]);
  const lockstep = new Lockstep(lane);
  // Whoever has just mounted is root.
  const all: Operation[] = [{ op: 'setcreds', ...lane.model.caller }, ...operations];
  for (const [number, operation] of all.entries()) {
    const [current = lane] = lockstep.lanes;
    if (!isFairNow(current.model, operation, setup)) continue;
    const context: StepContext = { step: null, now: timeOfStep(steps + number), kind: 'recovery', stage };
    const answer = lockstep.step(operation, context);
    const failed = isPromise(answer) ? await answer : answer;
    if (failed !== null) return failed;
  }
  return lockstep.lanes[0] ?? lane;
}
