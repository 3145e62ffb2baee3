import { Model, type Operation, type Outcome, type Timestamp } from '../../../model/index.ts';
import { modelOptions, timeOfStep, type Setup } from '../../setup.ts';
import type { Target } from '../../target.ts';
import { allTargets } from '../../targets/all.ts';
import { atOnce, endAtOnce } from '../at-once.ts';

/** Somebody with a new file system, who performs one operation after the other. */
export interface Performer {
  /** None may fail: who is told so at once has measured nothing. */
  perform(operations: Iterable<Operation>): void;
  close(): void;
}

/** Who can be one: the model, and every target of this process that takes any setup. */
export interface PerformerKind {
  readonly name: string;
  start(setup: Setup): Performer;
}

export const performerKinds = (): readonly PerformerKind[] => [
  { name: 'model', start: startModel },
  ...allTargets().map((target) => ({
    name: target.name,
    start: (setup: Setup) => startTarget(target, setup),
  })),
];

function startModel(setup: Setup): Performer {
  const model = new Model(modelOptions(setup));
  return {
    perform: performing((operation, now) => model.step(operation, now)),
    close: () => undefined,
  };
}

function startTarget(target: Target, setup: Setup): Performer {
  const session = atOnce(target.start(setup, { faults: [], now: timeOfStep(0) }));
  return {
    perform: performing((operation, now) => atOnce(session.apply(operation, now))),
    close: () => endAtOnce(session),
  };
}

/** Time goes on from operation to operation, over all that one performer does. */
function performing(step: (operation: Operation, now: Timestamp) => Outcome): Performer['perform'] {
  let steps = 0;
  return (operations) => {
    for (const operation of operations) {
      const outcome = step(operation, timeOfStep(steps++));
      if (!outcome.ok)
        throw new Error(`${JSON.stringify(operation)} of a benchmark failed: ${outcome.errno}`);
    }
  };
}
