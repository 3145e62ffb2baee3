import { exactlySame } from '../model/index.ts';
import type { Model, Operation, Outcome, SameTime, Timestamp } from '../model/index.ts';
import { describe, difference } from './compare.ts';
import { timeText } from './difference-detail.ts';
import type { FailureKind } from './failure.ts';
import { isPromise, type Awaitable, type Session, type Target } from './target.ts';
import { targetBroke } from './judges/crash-of-target.ts';
import { outcomeDiffers } from './judges/result.ts';
import { noSpaceTooEarly, permitsNoSpace, ranOut, spaceBefore } from './judges/space.ts';
import type { Setup } from './setup.ts';
import type { FailedVerdict } from './verdict.ts';

/** A session that takes part, under the name that failures are reported by. */
export interface Participant {
  readonly name: string;
  readonly target: Target;
  readonly session: Session;
  /** How the times on its disk compare with the model's, where another session has written it. */
  readonly sameTime?: SameTime | undefined;
}

/** Whether a time that a participant shows is one of the model's, by the clock of either session. */
function sameTimeOf({ session, sameTime: earlier }: Participant): SameTime | undefined {
  const { sameTime: later = exactlySame } = session;
  if (earlier === undefined) return session.sameTime;
  return (expected, observed) => later(expected, observed) || earlier(expected, observed);
}

/** Where in a run a step belongs. */
export interface StepContext {
  /** Number of the operation in its sequence, from 0; null for what the harness does by itself. */
  readonly step: number | null;
  readonly now: Timestamp;
  /** What it means when the answer is wrong. */
  readonly kind: FailureKind;
  /** Empty during the sequence; otherwise what had happened before: `after recovery`. */
  readonly stage: string;
}

/** Operations that only look, so that the model may look twice. */
const LOOKS: ReadonlySet<Operation['op']> = new Set(['stat', 'lstat', 'fstat']);

/** Operations that only look at what every target decides for itself: each is asked whether its own answer may be. */
const REPORTS: ReadonlySet<Operation['op']> = new Set(['fiemap', 'bmap', 'trim']);

/** What a target did instead of answering. */
export class Broke {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

export type Answer = Outcome | Broke;

/** Told of each operation what the model says it answers, and what each participant of a lane answered; more than once where lanes part. */
export type OutcomeListener = (
  operation: Operation,
  expected: Outcome,
  participants: readonly Participant[],
  answers: readonly Answer[],
) => void;

/**
 * A model and the sessions that have answered like it so far. All get the same operations; each answer is compared with
 * the model's at once.
 */
export class Lane {
  readonly setup: Setup;
  readonly model: Model;
  readonly participants: readonly Participant[];
  /**
   * Which ranges of a file have blocks is nobody's promise any more. An fallocate without space has got as far as there was some, and that
   * hangs on what was written back by then. A write without space may have given back what was reserved behind the end of its file: the
   * buffer_head path cuts that off with what the write was given, the iomap path punches out only the latter.
   */
  layoutsOpen = false;

  constructor(setup: Setup, model: Model, participants: readonly Participant[]) {
    this.setup = setup;
    this.model = model;
    this.participants = participants;
  }
}

/**
 * Lanes that take the same steps. There is one for all targets of the same traits, until they run out of space at
 * different moments.
 */
export class Lockstep {
  #lanes: readonly Lane[];
  readonly #onOutcome: OutcomeListener;

  constructor(lanes: Lane | readonly Lane[], onOutcome: OutcomeListener = () => undefined) {
    this.#lanes = lanes instanceof Lane ? [lanes] : lanes;
    this.#onOutcome = onOutcome;
  }

  get lanes(): readonly Lane[] {
    return this.#lanes;
  }

  /** The same participants, in the lanes that somebody else's steps have left them in. */
  goOnWith(lanes: readonly Lane[]): void {
    this.#lanes = lanes;
  }

  /** Says to every session what comes next (Session.foresee). */
  foresee(operations: readonly Operation[]): void {
    for (const { participants } of this.#lanes)
      for (const { session } of participants) session.foresee?.(operations);
  }

  /** Performs one operation everywhere; answers what went wrong, if anything did. */
  step(operation: Operation, context: StepContext): Awaitable<FailedVerdict | null> {
    if (this.#lanes.length === 1) {
      const [lane] = this.#lanes;
      return lane === undefined ? null : this.#stepLane(lane, operation, context);
    }
    return this.#stepLanes(operation, context);
  }

  async #stepLanes(operation: Operation, context: StepContext): Promise<FailedVerdict | null> {
    for (const lane of this.#lanes) {
      const failed = await this.#stepLane(lane, operation, context);
      if (failed !== null) return failed;
    }
    return null;
  }

  #stepLane(lane: Lane, operation: Operation, context: StepContext): Awaitable<FailedVerdict | null> {
    const answers: Awaitable<Answer>[] = [];
    let later = false;
    for (const { session } of lane.participants) {
      const answer = ask(session, operation, context.now);
      later ||= isPromise(answer);
      answers.push(answer);
    }
    if (later)
      return Promise.all(answers.map(async (answer) => answer)).then((all) =>
        this.#judge(lane, operation, context, all),
      );
    return this.#judge(lane, operation, context, answers as Answer[]);
  }

  #judge(
    lane: Lane,
    operation: Operation,
    context: StepContext,
    answers: readonly Answer[],
  ): Awaitable<FailedVerdict | null> {
    const choice = lane.model.leavesChoice(operation);
    if (choice || answers.some((answer) => !(answer instanceof Broke) && ranOut(operation, answer))) {
      return this.#follow(lane, operation, context, answers, choice);
    }
    if (REPORTS.has(operation.op)) return this.#judgeReports(lane, operation, context, answers);
    const expected = lane.model.step(operation, context.now);
    this.#onOutcome(operation, expected, lane.participants, answers);
    const failed = firstFailure(lane.participants, operation, context, answers, expected);
    if (failed === null || !LOOKS.has(operation.op)) return failed;
    // A time may be one of several, and another one for each target: the model looks again, beside each answer there is.
    return this.#follow(lane, operation, context, answers, true);
  }

  /** Each participant's answer must be one that the model permits; none changes anything. */
  #judgeReports(
    { model, participants }: Lane,
    operation: Operation,
    context: StepContext,
    answers: readonly Answer[],
  ): FailedVerdict | null {
    for (const [index, answer] of answers.entries()) {
      const observed = answer instanceof Broke ? undefined : answer;
      const expected = model.step(operation, context.now, observed);
      const [own, given] = [participants.slice(index, index + 1), answers.slice(index, index + 1)];
      if (index === 0) this.#onOutcome(operation, expected, participants, answers);
      const failed = firstFailure(own, operation, context, given, expected);
      if (failed !== null) return failed;
    }
    return null;
  }

  /**
   * Somebody ran out of space, or everybody may choose: those who gave the same answer go on with a model that followed it.
   */
  async #follow(
    lane: Lane,
    operation: Operation,
    context: StepContext,
    answers: readonly Answer[],
    choice: boolean,
  ): Promise<FailedVerdict | null> {
    const look = lookAfter(lane.model, operation);
    const groups: string[] = [];
    for (const [index, answer] of answers.entries()) {
      const looks = look !== null && !(answer instanceof Broke) && !answer.ok;
      const participant = lane.participants[index];
      const seen = looks && participant ? await ask(participant.session, look, context.now) : null;
      const left = seen === null || seen instanceof Broke ? '' : describeLeft(seen, participant);
      groups.push(`${groupOf(operation, answer, choice)}${left}`);
    }
    const names = new Set(groups);
    const fresh: Lane[] = [];
    for (const group of names) {
      const belongs = (_: unknown, index: number): boolean => groups[index] === group;
      const model = names.size === 1 ? lane.model : lane.model.clone();
      const part = new Lane(lane.setup, model, lane.participants.filter(belongs));
      part.layoutsOpen = lane.layoutsOpen;
      const failed = await this.#stepGroup(part, operation, context, answers.filter(belongs), group);
      if (failed !== null) return failed;
      fresh.push(part);
    }
    this.#lanes = this.#lanes.flatMap((other) => (other === lane ? fresh : other));
    return null;
  }

  async #stepGroup(
    lane: Lane,
    operation: Operation,
    context: StepContext,
    answers: readonly Answer[],
    group: string,
  ): Promise<FailedVerdict | null> {
    const { model, participants } = lane;
    const [first] = answers;
    const observed = group === '' || first instanceof Broke ? undefined : first;
    const full = observed !== undefined && ranOut(operation, observed);
    const strict = full ? model.clone().stepWithRoom(operation, context.now, observed) : null;
    const tooLarge = group !== '' && model.mayNotFit(operation);
    const [one] = participants;
    const expected = model.step(operation, context.now, observed, one && sameTimeOf(one));
    this.#onOutcome(operation, expected, participants, answers);
    const failed = firstFailure(participants, operation, context, answers, expected);
    if (failed !== null || observed === undefined) return failed;
    const unlike = observed.ok ? null : await lookedUnlike(lane, operation, context);
    if (unlike !== null || strict === null || tooLarge) return unlike;
    // The answer that a roomy disk gives as well needs nobody's permission.
    if (difference(strict, observed) === null) return null;
    const givenBack = model.givenBackByFailure(operation);
    if (givenBack > 0 || operation.op === 'fallocate') lane.layoutsOpen = true;
    for (const participant of participants) {
      const space = await participant.session.space();
      const before = spaceBefore(space, givenBack);
      if (permitsNoSpace(before, operation, lane.setup, model.mayUseReserve)) continue;
      return noSpaceTooEarly(participant, operation, context, space, describe(strict), describe(observed));
    }
    return null;
  }
}

/** What shows how far an operation got that failed halfway, where its answer does not say. */
function lookAfter(model: Model, operation: Operation): Operation | null {
  if (operation.op !== 'fallocate' && operation.op !== 'write' && operation.op !== 'pwrite') return null;
  const { handle } = operation;
  const leavesSize =
    operation.op === 'fallocate' ||
    operation.faultAt !== undefined ||
    model.handles.get(handle)?.direct === true;
  return leavesSize && model.handles.has(handle) ? { op: 'fstat', handle } : null;
}

/** The size and the times: they may have been touched before it failed, or not, and what earlier calls left open shows as well. */
function describeLeft(seen: Outcome, participant: Participant | undefined): string {
  if (!seen.ok || seen.value.kind !== 'stat') return '';
  const { size, atime, mtime, ctime } = seen.value.stat;
  // Times by clocks of their own are alike nowhere.
  const ownClock = participant !== undefined && sameTimeOf(participant) !== undefined;
  const times = ownClock ? [] : [atime, mtime, ctime].map(timeText);
  return [' and size', size, ...times].join(' ');
}

/** Follows what a change that failed halfway has left, which is the same for all of the lane. */
async function lookedUnlike(
  { model, participants }: Lane,
  operation: Operation,
  context: StepContext,
): Promise<FailedVerdict | null> {
  const look = lookAfter(model, operation);
  if (look === null) return null;
  const seen: Answer[] = [];
  for (const { session } of participants) seen.push(await ask(session, look, context.now));
  const [first] = seen;
  const [one] = participants;
  const observed = first instanceof Broke ? undefined : first;
  const expected = model.step(look, context.now, observed, one && sameTimeOf(one));
  return firstFailure(participants, look, context, seen, expected);
}

/** The empty text for an ordinary answer; else one text per answer, or per way of having run out of space. */
function groupOf(operation: Operation, answer: Answer, choice: boolean): string {
  if (answer instanceof Broke) return '';
  return choice || ranOut(operation, answer) ? describe(answer) : '';
}

function ask(session: Session, operation: Operation, now: Timestamp): Awaitable<Answer> {
  try {
    const answer = session.apply(operation, now);
    return isPromise(answer) ? answer.catch((error: unknown) => new Broke(error)) : answer;
  } catch (error) {
    return new Broke(error);
  }
}

function firstFailure(
  participants: readonly Participant[],
  operation: Operation,
  context: StepContext,
  answers: readonly Answer[],
  expected: Outcome,
): FailedVerdict | null {
  for (let index = 0; index < answers.length; index++) {
    const participant = participants[index];
    const answer = answers[index];
    if (participant === undefined || answer === undefined) continue;
    if (answer instanceof Broke) return targetBroke(participant.name, operation, context, answer.error);
    const found = difference(expected, answer, sameTimeOf(participant), participant.session.uncompared);
    if (found !== null) return outcomeDiffers(participant, operation, context, found);
  }
  return null;
}
