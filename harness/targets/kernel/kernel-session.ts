import type { Credentials, Operation, Outcome, Path, SpaceReport, Timestamp } from '../../../model/index.ts';
import type { DiskImage, Session } from '../../target.ts';
import type { KernelClock } from './kernel-clock.ts';
import { outcomeOf, requestOf } from './kernel-outcome.ts';
import type { Performer } from './performer.ts';

/** Where a session's file system is, and how it comes and goes. */
export interface Place {
  /** Makes the performer stand at the root of the file system. */
  enter(performer: Performer): Promise<void>;
  /** The disk after unmounting, when it has one of its own; and what it leaves behind is gone. */
  leave(performer: Performer): Promise<DiskImage | null>;
  /** Forgets it all. */
  abandon(): void;
}

/** Something that the kernel itself said was wrong. */
export class KernelMessage extends Error {
  override readonly name = 'KernelMessage';
}

const DONE: Outcome = { ok: true, value: { kind: 'done' } };

/** A file system of the real kernel, and the descriptors that the operations so far have opened in the performer. */
export class KernelSession implements Session {
  readonly #performer: Performer;
  readonly #place: Place;
  readonly #clock: KernelClock;
  readonly #release: (performer: Performer) => void;
  #caller: Credentials | null = null;
  /** Operations that have no answer yet, or never got one. */
  #asked = 0;

  constructor(
    performer: Performer,
    place: Place,
    clock: KernelClock,
    release: (performer: Performer) => void,
  ) {
    this.#performer = performer;
    this.#place = place;
    this.#clock = clock;
    this.#release = release;
  }

  readonly sameTime = (expected: Timestamp, observed: Timestamp): boolean =>
    this.#clock.same(expected, observed);

  async apply(operation: Operation, now: Timestamp): Promise<Outcome> {
    this.#asked++;
    const outcome = operation.op === 'remount' ? await this.#remount() : await this.#perform(operation, now);
    this.#asked--;
    return outcome;
  }

  async #perform(operation: Operation, now: Timestamp): Promise<Outcome> {
    const { operation: told, data } = requestOf(operation);
    const answer = await this.#performer.call({ call: 'perform', operation: told }, data);
    if (answer.window !== undefined) this.#clock.record(now, ...answer.window);
    if (operation.op === 'setcreds' && answer.errno === undefined) this.#caller = operation;
    return outcomeOf(answer);
  }

  async identity(path: Path): Promise<number> {
    const { number } = await this.#performer.call({ call: 'identity', path });
    if (number === undefined) throw new Error(`${path} has no number`);
    return number;
  }

  async space(): Promise<SpaceReport> {
    const { space } = await this.#performer.call({ call: 'space' });
    if (space === undefined) throw new Error('statvfs answers nothing');
    return space;
  }

  async closeAll(): Promise<void> {
    await this.#performer.call({ call: 'close' });
  }

  powerCut(): never {
    throw new Error('nobody cuts the power of this machine');
  }

  async unmount(): Promise<DiskImage | null> {
    await this.#leave();
    const image = await this.#place.leave(this.#performer);
    this.#release(this.#performer);
    return image;
  }

  abandon(): void {
    if (this.#asked > 0) {
      this.#performer.kill();
      this.#place.abandon();
    } else void this.#forget();
  }

  /** Nothing broke but the sequence: the performer can be used again. */
  async #forget(): Promise<void> {
    try {
      await this.#leave();
      this.#release(this.#performer);
    } catch {
      this.#performer.kill();
    }
    this.#place.abandon();
  }

  complaint(): string | null {
    return null;
  }

  async #remount(): Promise<Outcome> {
    await this.#leave();
    await this.#place.enter(this.#performer);
    const caller = this.#caller;
    if (caller !== null) {
      const { uid, gid, groups } = caller;
      await this.#performer.call({ call: 'perform', operation: { op: 'setcreds', uid, gid, groups } });
    }
    return DONE;
  }

  async #leave(): Promise<void> {
    const { error, heard = [] } = await this.#performer.call({ call: 'leave' });
    if (typeof error === 'string') throw new Error(error);
    if (heard.length > 0) throw new KernelMessage(heard.join('\n'));
  }
}
