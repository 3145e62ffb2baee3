/** So long it is looked again and again: several times what a caller needs from one answer to his next request. */
const WATCH_MS = 0.1;

/** After so many vain waits in a row, not more are left out: those who come back soon are noticed again. */
const LEFT_OUT_MAX = 1024;

/**
 * Waits for somebody without going to sleep. A caller who waits for one answer after the other has his next request ready within
 * microseconds; when the server sleeps by then, waking it on another core takes longer than most requests. Each wait in vain leaves
 * out twice as many of the next ones, so that an idle server costs nothing, and one that shares its core with its callers does not keep
 * them from it (as the halt polling of KVM does).
 */
export class BusyWait {
  readonly #now: () => number;
  #leftOut = 0;
  #leaveOut = 1;

  /** `now` is in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** What `look` finds within a tenth of a millisecond, unless this wait is left out; null when there is nothing. */
  watch<T>(look: () => T | null): T | null {
    if (this.#leftOut > 0) {
      this.#leftOut--;
      return null;
    }
    const end = this.#now() + WATCH_MS;
    do {
      const found = look();
      if (found !== null) {
        this.#leaveOut = Math.max(1, this.#leaveOut >> 1);
        return found;
      }
    } while (this.#now() < end);
    this.#leftOut = this.#leaveOut;
    this.#leaveOut = Math.min(this.#leaveOut * 2, LEFT_OUT_MAX);
    return null;
  }
}
