import type { Timestamp } from '../../../model/index.ts';

const MICROSECONDS = 1_000_000;

/** Microseconds since 1970. */
const microseconds = ({ seconds, nanoseconds }: Timestamp): number =>
  seconds * MICROSECONDS + Math.floor(nanoseconds / 1000);

interface Window {
  from: number;
  to: number;
  /** Whether an earlier time may stand there instead: a stamp, or whatever was set by number, of which a sequence is far away. */
  older: boolean;
}

const DAY_MICROSECONDS = 24 * 60 * 60 * MICROSECONDS;

/**
 * Which times of the kernel's clock stand for which times that operations were told: a stamp that an operation made lies
 * between the last tick before its beginning (files are stamped with the time of the last tick) and its end.
 */
export class KernelClock {
  /** By what inodes keep of the times that operations were told. */
  readonly #windows = new Map<string, Window>();
  /** Whether inodes keep whole seconds only. */
  readonly #wholeSeconds: boolean;

  constructor(wholeSeconds: boolean) {
    this.#wholeSeconds = wholeSeconds;
  }

  /** An operation that was told `now` ran from one microsecond to the other. */
  record(now: Timestamp, from: number, to: number): void {
    const key = this.#keyOf(now);
    const known = this.#windows.get(key);
    if (known === undefined) this.#windows.set(key, { from, to, older: false });
    else {
      known.from = Math.min(known.from, from);
      known.to = Math.max(known.to, to);
    }
  }

  /** What an operation that was told `now` would have stamped may have an earlier time instead. */
  recordOlder(now: Timestamp): void {
    const window = this.#windows.get(this.#keyOf(now));
    if (window !== undefined) window.older = true;
  }

  /** What was set by number is kept exactly; what was stamped lies in its window. */
  same(expected: Timestamp, observed: Timestamp): boolean {
    if (expected.seconds === observed.seconds && expected.nanoseconds === observed.nanoseconds) return true;
    const window = this.#windows.get(this.#keyOf(expected));
    if (window === undefined) return false;
    const stamped = microseconds(observed);
    const from = this.#wholeSeconds ? Math.floor(window.from / MICROSECONDS) * MICROSECONDS : window.from;
    if (window.older && (stamped < from || stamped > window.to + DAY_MICROSECONDS)) return true;
    return stamped >= from && stamped <= window.to;
  }

  #keyOf({ seconds, nanoseconds }: Timestamp): string {
    return this.#wholeSeconds ? `${seconds}` : `${seconds}.${nanoseconds}`;
  }
}
