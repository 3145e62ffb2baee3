import type { Operation, Outcome, Path, SpaceReport, Timestamp } from '../../../model/index.ts';
import type { DiskImage, Session } from '../../target.ts';
import { KernelMessage } from './kernel-message.ts';
import type { KernelClock } from './kernel-clock.ts';
import type { KnownDifference } from './known-differences.ts';
import { outcomeOf, requestOf } from './kernel-outcome.ts';
import type { PerformerAnswer } from './performer.ts';
import type { Seat } from './seat.ts';

/** An operation that is under way, and what comes of it. */
interface Pending {
  readonly operation: Operation;
  readonly answer: Promise<PerformerAnswer>;
}

/** A file system of a real kernel, and the descriptors that the operations so far have opened in the performer. */
export class KernelSession implements Session {
  readonly #seat: Seat;
  readonly #clock: KernelClock;
  readonly #known: readonly KnownDifference[];
  /** What will be asked for next, and has not been told. */
  #foreseen: readonly Operation[] = [];
  /** What was told ahead and has not been asked for yet. */
  #pending: Pending[] = [];
  /** Operations that have no answer yet, or never got one. */
  #asked = 0;

  #excuse: string | null = null;

  constructor(seat: Seat, clock: KernelClock, known: readonly KnownDifference[]) {
    this.#seat = seat;
    this.#clock = clock;
    this.#known = known;
  }

  readonly sameTime = (expected: Timestamp, observed: Timestamp): boolean =>
    this.#clock.same(expected, observed);

  foresee(operations: readonly Operation[]): void {
    this.#foreseen = operations;
  }

  async apply(operation: Operation, now: Timestamp): Promise<Outcome> {
    if (this.#pending.length === 0) this.#tell(operation);
    const first = this.#pending.shift();
    if (first?.operation !== operation) throw new Error(`${operation.op} is not what was foreseen`);
    this.#asked++;
    const answer = await first.answer;
    this.#asked--;
    if (answer.halted === true) {
      this.#foreseen = this.#pending.map((pending) => pending.operation);
      this.#pending = [];
    }
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
    this.#excuse = null;
    for (const { name, effect, applies } of this.#known) {
      if (!applies(operation, outcome)) continue;
      if (effect === 'older-stamps') this.#clock.recordOlder(now, to);
      else this.#excuse = name;
    }
  }

  /** All that is foreseen when this operation is the first of it; else somebody looks in between. */
  #tell(operation: Operation): void {
    const told = this.#foreseen[0] === operation ? this.#foreseen : [operation];
    if (told === this.#foreseen) this.#foreseen = [];
    const answers = this.#seat.performer.perform(told.map(requestOf));
    this.#pending = told.map((each, index) => {
      const answer = answers[index] ?? Promise.reject(new Error(`${each.op} has no answer`));
      // Whoever asks for it hears of it; nobody may ask, when the sequence ends before.
      answer.catch(() => undefined);
      return { operation: each, answer };
    });
  }

  excuse(): string | null {
    return this.#excuse;
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
