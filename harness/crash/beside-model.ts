import {
  DurabilityHistory,
  exactlySame,
  Model,
  type ModelOptions,
  type Operation,
  type Outcome,
  type SameTime,
} from '../../model/index.ts';
import { difference } from '../compare.ts';
import { operationText } from '../program-text.ts';
import { timeOfStep } from '../setup.ts';
import type { CrashFailure } from './crash-failure.ts';
import type { ReturnedCall } from './crash-target.ts';

/** Where answers of targets and model may differ is not for power cuts to say: such runs end there. */
const ENDS_RUN: ReadonlySet<string> = new Set(['ENOSPC', 'ENOMEM']);

/** The model that a program runs beside, and the history that it makes of it: each operation is noted when it has returned. */
export class BesideModel {
  readonly history: DurabilityHistory;
  readonly #model: Model;
  readonly #sameTime: SameTime;
  /** Whether such a difference is known, and nothing new here. */
  readonly #isKnown: (operation: Operation, failure: CrashFailure) => boolean;

  constructor(
    options: ModelOptions,
    sameTime: SameTime = exactlySame,
    isKnown: (operation: Operation, failure: CrashFailure) => boolean = () => false,
  ) {
    this.#model = new Model(options);
    this.history = new DurabilityHistory(this.#model);
    this.#sameTime = sameTime;
    this.#isKnown = isKnown;
  }

  /** Notes calls in the order in which they began, until there is something to say. */
  noteAll(calls: readonly Pick<ReturnedCall, 'operation' | 'outcome'>[]): CrashFailure | 'over' | null {
    for (const { operation, outcome } of calls) {
      const noted = this.note(operation, outcome);
      if (noted !== null) return noted;
    }
    return null;
  }

  /** The failure when the model has another answer; `over` where the run ends without one, and what came before may be judged. */
  note(operation: Operation, observed: Outcome): CrashFailure | 'over' | null {
    if (!observed.ok && ENDS_RUN.has(observed.errno)) return 'over';
    const step = this.history.steps.length;
    const expected = this.#model.step(operation, timeOfStep(step), observed, this.#sameTime);
    const differs = difference(expected, observed, this.#sameTime);
    if (differs !== null) {
      const failure = resultFailure(operation, step, differs);
      return this.#isKnown(operation, failure) ? 'over' : failure;
    }
    this.history.note(operation, observed);
    return null;
  }
}

const resultFailure = (
  operation: Operation,
  step: number,
  { what, expected, observed }: NonNullable<ReturnType<typeof difference>>,
): CrashFailure => ({
  kind: 'result',
  detail: `${operation.op}: ${what}`,
  words: `operation ${step + 1}, ${operationText(operation)}, answered ${observed} where ${expected} was expected`,
});
