import type { ImageJudges } from './judge-image.ts';
import type { RaceProgram } from './program.ts';

/** Whoever must be able to say which run it was, when one never ends. */
export interface RaceWatch {
  /** From now on schedules are of this program. */
  begins(program: RaceProgram): void;
  /** A schedule begins. */
  tries(): void;
  /** The next choice of the schedule. */
  chose(choice: number): void;
  /** A schedule is being judged, which may take long. */
  beats(): void;
}

/** For runs that somebody else watches, or nobody. */
export const UNWATCHED: RaceWatch = {
  begins: () => undefined,
  tries: () => undefined,
  chose: () => undefined,
  beats: () => undefined,
};

/** What programs are run with. */
export interface RaceContext {
  readonly judges: ImageJudges;
  readonly watch: RaceWatch;
}

const CHOICES_MAX = 1 << 16;

/**
 * The choices of the schedule that runs, in memory that two threads share: a run that never ends cannot answer messages, but
 * who watches it sees where it stands.
 */
export class ScheduleTape {
  readonly memory: SharedArrayBuffer;
  /** How many choices there are, and then the choices. */
  readonly #numbers: Int32Array;

  constructor(memory = new SharedArrayBuffer((CHOICES_MAX + 1) * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#numbers = new Int32Array(memory);
  }

  clear(): void {
    Atomics.store(this.#numbers, 0, 0);
  }

  /** What does not fit is left out: nobody preempts so late. */
  add(choice: number): void {
    const numbers = this.#numbers;
    const count = numbers[0] ?? 0;
    if (count >= CHOICES_MAX) return;
    numbers[count + 1] = choice;
    Atomics.store(numbers, 0, count + 1);
  }

  get choices(): number[] {
    const count = Atomics.load(this.#numbers, 0);
    return [...this.#numbers.subarray(1, count + 1)];
  }
}
