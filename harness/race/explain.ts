import { Model } from '../../model/index.ts';
import type { Operation, Outcome, Timestamp } from '../../model/index.ts';
import { describe, difference } from '../compare.ts';
import { operationText } from '../program-text.ts';
import { modelOptions } from '../setup.ts';
import { RaceRules } from './atomicity.ts';
import { lookProblem } from './looks.ts';
import { TIME_AFTER, TIME_BEFORE, TIME_OF_IMAGE, TIME_OF_RACE, type RaceProgram } from './program.ts';
import type { RaceEvent } from './race-target.ts';
import type { Place } from './sight.ts';

/** Why no order of the operations explains what they answered; what stood in the way where the search came farthest. */
export interface Unexplained {
  readonly event: RaceEvent;
  /** Coarse and stable, so that two failures can be called the same. */
  readonly what: string;
  readonly expected: string;
  readonly observed: string;
}

/** Orders that are tried at most; small programs have few. */
const ORDERS_MAX = 20_000;

export type Explanation = 'explained' | 'too many orders' | Unexplained;

/** The model as it is when the disk has been mounted for the race. */
export function modelAtMount(program: RaceProgram): Model {
  const model = new Model(modelOptions(program.setup));
  for (const operation of program.image) model.step(operation, TIME_OF_IMAGE);
  model.step({ op: 'remount' }, TIME_BEFORE);
  return model;
}

/**
 * Looks for an order of the operations, each as atomic as ext4 makes it, that gives what was observed: a search over clones
 * of the model, for linearizability but for reads and stats, which see something between their call and their return.
 */
export function explain(
  program: RaceProgram,
  events: readonly RaceEvent[],
  onOrder: () => void = () => undefined,
): Explanation {
  const model = modelAtMount(program);
  const raced = events.filter(({ task }) => task >= 0);
  const first = Math.min(...raced.map(({ invoked }) => invoked));
  const alone = events.filter(({ task }) => task < 0);
  const before = alone.filter(({ invoked }) => invoked < first);
  const wrong = stepAll(model, before, TIME_BEFORE);
  if (wrong !== null) return wrong;
  const after = alone.filter(({ invoked }) => invoked > first);
  return new OrderSearch(new RaceRules(program), raced, after, onOrder).run(model);
}

/** Steps of which each happens at one moment, one after the other. */
function stepAll(model: Model, events: readonly RaceEvent[], now: Timestamp): Unexplained | null {
  for (const event of events) {
    const wrong = step(model, event, now);
    if (wrong !== null) return wrong;
  }
  return null;
}

function step(model: Model, event: RaceEvent, now: Timestamp): Unexplained | null {
  const { operation, outcome } = event;
  const expected = model.step(operation, now, outcome);
  const found = difference(expected, outcome);
  if (found === null) return null;
  return { event, what: found.what, expected: found.expected, observed: found.observed };
}

class OrderSearch {
  readonly #rules: RaceRules;
  readonly #onOrder: () => void;
  readonly #steps: readonly RaceEvent[];
  readonly #looks: readonly RaceEvent[];
  readonly #others: readonly RaceEvent[];
  readonly #after: readonly RaceEvent[];
  #orders = 0;
  #best: { readonly depth: number; readonly why: Unexplained } | null = null;

  constructor(
    rules: RaceRules,
    raced: readonly RaceEvent[],
    after: readonly RaceEvent[],
    onOrder: () => void,
  ) {
    this.#rules = rules;
    this.#onOrder = onOrder;
    const kind = (wanted: string) =>
      raced
        .filter(({ operation }) => rules.atomicityOf(operation) === wanted)
        // First those that returned first: mostly that is the order that explains.
        .sort((left, right) => left.returned - right.returned);
    this.#steps = kind('step');
    this.#looks = kind('looks');
    this.#others = kind('nothing');
    this.#after = after;
  }

  run(model: Model): Explanation {
    for (const event of this.#others) {
      const wrong = step(model.clone(), event, TIME_OF_RACE);
      if (wrong !== null) return wrong;
    }
    const path: Place[] = [{ model, event: null }];
    const found = this.#search(path, new Set());
    if (found === 'found') return 'explained';
    return found === 'gave up' || this.#best === null ? 'too many orders' : this.#best.why;
  }

  #search(path: Place[], done: ReadonlySet<RaceEvent>): 'found' | 'none' | 'gave up' {
    const here = path[path.length - 1];
    if (here === undefined) throw new Error('a path has a beginning');
    if (done.size === this.#steps.length) return this.#holds(path, here.model);
    for (const event of this.#steps) {
      if (done.has(event) || this.#mustWait(event, done)) continue;
      const model = here.model.clone();
      const wrong = step(model, event, TIME_OF_RACE);
      if (wrong !== null) {
        this.#note(done.size, wrong);
        continue;
      }
      const found = this.#search([...path, { model, event }], new Set([...done, event]));
      if (found !== 'none') return found;
    }
    return 'none';
  }

  /** Somebody who is not done had returned before this was called. */
  #mustWait(event: RaceEvent, done: ReadonlySet<RaceEvent>): boolean {
    return this.#steps.some((other) => !done.has(other) && other.returned < event.invoked);
  }

  /** All steps are in order: does that explain what was looked at, and what there is in the end? */
  #holds(path: readonly Place[], last: Model): 'found' | 'none' | 'gave up' {
    if (this.#orders++ >= ORDERS_MAX) return 'gave up';
    this.#onOrder();
    for (const [index, event] of this.#looks.entries()) {
      const problem = lookProblem(event, path, this.#rules);
      if (problem === null) continue;
      this.#note(this.#steps.length + index, { event, ...problem });
      return 'none';
    }
    const wrong = stepAll(last.clone(), this.#after, TIME_AFTER);
    if (wrong === null) return 'found';
    this.#note(Infinity, wrong);
    return 'none';
  }

  #note(depth: number, why: Unexplained): void {
    if (this.#best === null || depth > this.#best.depth) this.#best = { depth, why };
  }
}

/** For reports: `pread(fd0, 10 bytes, at 0) = 10 bytes`. */
export const eventText = ({ operation, outcome }: { operation: Operation; outcome: Outcome }): string =>
  `${operationText(operation)} = ${describe(outcome)}`;
