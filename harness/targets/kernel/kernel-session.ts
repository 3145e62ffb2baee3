import type { Operation, Outcome, Path, SpaceReport, Timestamp } from '../../../model/index.ts';
import type { FailureSignature } from '../../failure.ts';
import type { Awaitable, DiskImage, Session, Uncompared } from '../../target.ts';
import { KernelMessage } from './kernel-message.ts';
import type { KernelClock } from './kernel-clock.ts';
import { outcomeOf, requestOf } from './kernel-outcome.ts';
import type { MetDifferences } from './met-differences.ts';
import type { Asked, PerformerAnswer } from './performer.ts';
import type { Seat } from './seat.ts';

/** An operation that is under way, and what comes of it. */
interface Pending {
  readonly operation: Operation;
  readonly asked: Asked;
}

/** How many operations the performer is told in one message; it has up to two of them ahead of whoever asks. */
const TOLD_AT_ONCE = 64;

/** A file system of a real kernel, and the descriptors that the operations so far have opened in the performer. */
export class KernelSession implements Session {
  readonly uncompared: ReadonlySet<Uncompared>;
  readonly #seat: Seat;
  readonly #clock: KernelClock;
  readonly #differences: MetDifferences;
  /** What will be asked for next. */
  #foreseen: readonly Operation[] = [];
  /** How many of them were told. */
  #told = 0;
  /** What was told and has not been asked for yet is from `#next` on. */
  #pending: Pending[] = [];
  #next = 0;
  /** Operations that have no answer yet, or never got one. */
  #asked = 0;

  constructor(
    seat: Seat,
    clock: KernelClock,
    differences: MetDifferences,
    uncompared: ReadonlySet<Uncompared>,
  ) {
    this.uncompared = uncompared;
    this.#seat = seat;
    this.#clock = clock;
    this.#differences = differences;
  }

  readonly sameTime = (expected: Timestamp, observed: Timestamp): boolean =>
    this.#clock.same(expected, observed);

  foresee(operations: readonly Operation[]): void {
    this.#foreseen = operations;
    this.#told = 0;
  }

  apply(operation: Operation, now: Timestamp): Awaitable<Outcome> {
    const left = this.#pending.length - this.#next;
    if (left === 0) this.#tell(operation);
    else if (left === TOLD_AT_ONCE) this.#tellAhead();
    const first = this.#pending[this.#next++];
    if (first?.operation !== operation) throw new Error(`${operation.op} is not what was foreseen`);
    const { answer } = first.asked;
    return answer === null ? this.#wait(first, now) : this.#answered(operation, answer, now);
  }

  async #wait({ operation, asked }: Pending, now: Timestamp): Promise<Outcome> {
    this.#asked++;
    const answer = await asked.later();
    this.#asked--;
    return this.#answered(operation, answer, now);
  }

  #answered(operation: Operation, answer: PerformerAnswer, now: Timestamp): Outcome {
    if (answer.halted === true) this.#goOn();
    if (answer.heard !== undefined) throw new KernelMessage(answer.heard);
    const outcome = outcomeOf(answer);
    if (answer.window !== undefined) this.#record(operation, outcome, now, answer.window);
    return outcome;
  }

  #record(
    operation: Operation,
    outcome: Outcome,
    now: Timestamp,
    [from, to]: readonly [number, number],
  ): void {
    this.#clock.record(now, from, to);
    const stamps = this.#differences.record(operation, outcome);
    if (stamps === 'older stamps') this.#clock.recordOlder(now);
  }

  /** What was told behind this answer was skipped: it is told again when it is asked for. */
  #goOn(): void {
    this.#seat.performer.goOn();
    this.#told -= this.#pending.length - this.#next;
    this.#pending = [];
    this.#next = 0;
  }

  /** What is foreseen when this operation is the next of it; else somebody looks in between. */
  #tell(operation: Operation): void {
    this.#pending = [];
    this.#next = 0;
    if (this.#foreseen[this.#told] !== operation) return this.#perform([operation]);
    this.#tellAhead();
    this.#tellAhead();
  }

  #tellAhead(): void {
    const told = this.#foreseen.slice(this.#told, this.#told + TOLD_AT_ONCE);
    if (told.length === 0) return;
    this.#told += told.length;
    this.#pending.splice(0, this.#next);
    this.#next = 0;
    this.#perform(told);
  }

  #perform(operations: readonly Operation[]): void {
    const asked = this.#seat.performer.perform(operations.map(requestOf));
    for (const [index, one] of asked.entries()) {
      const operation = operations[index];
      if (operation !== undefined) this.#pending.push({ operation, asked: one });
    }
  }

  excuse(failure: FailureSignature): string | null {
    return this.#differences.excuse(failure);
  }

  async identity(path: Path): Promise<number> {
    const { number } = await this.#call({ call: 'identity', path });
    if (number === undefined) throw new Error(`${path} has no number`);
    return number;
  }

  async space(): Promise<SpaceReport> {
    const { space } = await this.#call({ call: 'space' });
    if (space === undefined) throw new Error('statvfs answers nothing');
    return space;
  }

  async closeAll(): Promise<void> {
    await this.#call({ call: 'close' });
  }

  powerCut(): never {
    throw new Error('nobody cuts the power of this machine');
  }

  async unmount(): Promise<DiskImage | null> {
    await this.#call({ call: 'go' });
    const image = await this.#seat.disk();
    this.#seat.release();
    return image;
  }

  abandon(): void {
    if (this.#asked > 0) this.#seat.destroy();
    else void this.#forget();
  }

  complaint(): string | null {
    return null;
  }

  /** Nothing broke but the sequence: the performer can be used again. */
  async #forget(): Promise<void> {
    try {
      await this.#call({ call: 'go' });
      this.#seat.release();
    } catch {
      this.#seat.destroy();
    }
  }

  async #call(request: Readonly<Record<string, unknown>>): Promise<PerformerAnswer> {
    const answer = await this.#seat.performer.call(request);
    if (answer.heard !== undefined && answer.heard.length > 0) throw new KernelMessage(answer.heard);
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }
}
