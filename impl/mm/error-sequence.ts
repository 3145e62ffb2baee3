import type { Errno } from '../lib/errno.ts';

/**
 * The last error of writeback, and who has been told (errseq_t). A watcher keeps the number it has seen; each is told once of
 * what happened since.
 */
export class ErrorSequence {
  #errno: Errno | null = null;
  #number = 0;
  /** Somebody was told of the last error. */
  #seen = false;

  /** errseq_set(): the same error again is news only to those who were told. */
  record(errno: Errno): void {
    if (errno === this.#errno && !this.#seen) return;
    this.#errno = errno;
    this.#number++;
    this.#seen = false;
  }

  /** The number of the last error. */
  get latest(): number {
    return this.#number;
  }

  /** errseq_sample(): where a new watcher starts. An error that nobody was told of is for it, too. */
  sample(): number {
    return this.#seen ? this.#number : 0;
  }

  /** errseq_check_and_advance(): tells of what happened since the watcher looked last. */
  check(watcher: ErrorWatcher): Errno | null {
    if (this.#number === watcher.errorsSeen) return null;
    this.#seen = true;
    watcher.errorsSeen = this.#number;
    return this.#errno;
  }
}

/** Who wants to be told of lost writes: an open file (f_wb_err). */
export interface ErrorWatcher {
  errorsSeen: number;
}
