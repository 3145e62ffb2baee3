/** What a thread is busy with, as another thread may see it. */
export interface Beat {
  /** Changes as long as the thread makes progress. */
  readonly count: number;
  /** Number of the sequence, or -1 when the thread does something else. */
  readonly sequence: number;
  /** The operation in it, or -1 when all are done. */
  readonly step: number;
}

const COUNT = 0;
const SEQUENCE = 1;
const STEP = 2;

/**
 * A few numbers in memory that two threads share. An endless loop in a target cannot be interrupted, nor answer
 * messages, from within; but the other thread sees that the numbers stand still, and where.
 */
export class Heartbeat {
  readonly memory: SharedArrayBuffer;
  readonly #numbers: Int32Array;

  constructor(memory = new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#numbers = new Int32Array(memory);
  }

  beat(sequence: number, step: number): void {
    const numbers = this.#numbers;
    numbers[SEQUENCE] = sequence;
    numbers[STEP] = step;
    numbers[COUNT] = ((numbers[COUNT] ?? 0) + 1) | 0;
  }

  get last(): Beat {
    const load = (index: number): number => Atomics.load(this.#numbers, index);
    return { count: load(COUNT), sequence: load(SEQUENCE), step: load(STEP) };
  }
}
