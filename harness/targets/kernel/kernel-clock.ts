import type { Timestamp } from '../../../model/index.ts';

const MICROSECONDS = 1_000_000;

/** Microseconds since 1970. */
const microseconds = ({ seconds, nanoseconds }: Timestamp): number =>
  seconds * MICROSECONDS + Math.floor(nanoseconds / 1000);

interface Window {
  /** The whole of what was told. */
  readonly nanoseconds: number;
  from: number;
  to: number;
}

/**
 * Which times of the kernel's clock stand for which times that operations were told: a stamp that an operation made lies
 * between the last tick before its beginning (files are stamped with the time of the last tick) and its end.
 */
export class KernelClock {
  /** By the seconds that operations were told, which no two share. */
  readonly #windows = new Map<number, Window>();
  /** Whether inodes keep whole seconds only. */
  readonly #wholeSeconds: boolean;

  constructor(wholeSeconds: boolean) {
    this.#wholeSeconds = wholeSeconds;
  }

  /** An operation that was told `now` ran from one microsecond to the other. */
  record(now: Timestamp, from: number, to: number): void {
    const known = this.#windows.get(now.seconds);
    if (known === undefined) this.#windows.set(now.seconds, { nanoseconds: now.nanoseconds, from, to });
    else {
      known.from = Math.min(known.from, from);
      known.to = Math.max(known.to, to);
    }
  }

  /** What an operation that was told `now` would have stamped may have an earlier time instead. */
  recordOlder(now: Timestamp, to: number): void {
    this.record(now, 0, to);
  }

  /** What was set by number is kept exactly; what was stamped lies in its window. */
  same(expected: Timestamp, observed: Timestamp): boolean {
    if (expected.seconds === observed.seconds && expected.nanoseconds === observed.nanoseconds) return true;
    const window = this.#windows.get(expected.seconds);
    if (window === undefined || (!this.#wholeSeconds && window.nanoseconds !== expected.nanoseconds))
      return false;
    const stamped = microseconds(observed);
    const from = this.#wholeSeconds ? Math.floor(window.from / MICROSECONDS) * MICROSECONDS : window.from;
    return stamped >= from && stamped <= window.to;
  }
}
