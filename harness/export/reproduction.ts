import { Model, type Operation, type Outcome } from '../../model/index.ts';
import type { Case } from '../case.ts';
import { inspectionOf } from '../inspection.ts';
import { modelOptions, timeOfStep } from '../setup.ts';

/** One call of a reproducer. */
export interface ReproductionStep {
  readonly operation: Operation;
  /** What Linux must answer; null where the model leaves it open, so that nobody may judge it. */
  readonly expected: Outcome | null;
}

/** A case as everybody can follow it: what is called, and what each call must answer. */
export interface Reproduction {
  readonly case: Case;
  readonly steps: readonly ReproductionStep[];
  /** The look at the whole tree that comes last: all attributes, names and contents. */
  readonly looks: readonly ReproductionStep[];
}

/** What is only seen after another mount needs one before the last look. */
const SEEN_AFTER_A_MOUNT: readonly string[] = ['recovery', 'e2fsck'];

/** Performs a case on the model and writes down what it expects. */
export function reproductionOf(saved: Case): Reproduction {
  const model = new Model(modelOptions(saved.setup));
  const remounts = SEEN_AFTER_A_MOUNT.includes(saved.failure?.kind ?? '');
  const steps = performed(model, [...saved.operations, ...(remounts ? [{ op: 'remount' } as const] : [])], 0);
  const looks = performed(
    model,
    [...rootAgain(model), ...inspectionOf(model.tree(), model.used)],
    steps.length,
  );
  return { case: saved, steps, looks };
}

/** Root looks, whoever the caller was. */
const rootAgain = (model: Model): Operation[] =>
  model.caller.uid === 0 ? [] : [{ op: 'setcreds', uid: 0, gid: 0, groups: [] }];

function performed(model: Model, operations: readonly Operation[], from: number): ReproductionStep[] {
  return operations.map((operation, index) => {
    const open = model.leavesChoice(operation) || model.mayNotFit(operation);
    const expected = model.step(operation, timeOfStep(from + index));
    return { operation, expected: open ? null : expected };
  });
}
