import type { PageRun } from '../mm/folio-pool.ts';
import { zeroMemory } from '../mm/zero-memory.ts';

/** Fills memory with zeros, runs that follow each other in one go: for a page alone the call costs as much as its zeros do. */
export class ZeroFill {
  #first: PageRun | null = null;
  #last: PageRun | null = null;
  /** From the beginning of the first to the end of the last. */
  #bytes = 0;

  add(run: PageRun): void {
    if (this.#last?.isFollowedBy(run) !== true) {
      this.flush();
      this.#first = run;
    }
    this.#last = run;
    this.#bytes += run.size;
  }

  /** All that was added is zero now. */
  flush(): void {
    if (this.#first !== null) zeroMemory(this.#first.bytes(0, this.#bytes), 0, this.#bytes);
    this.#first = null;
    this.#last = null;
    this.#bytes = 0;
  }
}
