import type { CrashState } from './power-cut.ts';

const TEXT_BYTES_MAX = 1 << 18;
const LENGTH_BYTES = Int32Array.BYTES_PER_ELEMENT;

/**
 * The state that is being examined, in memory that two threads share: a recovery that never ends cannot answer messages, but who
 * watches it sees what it was at. A message for each state would cost a tenth of the time.
 */
export class StateTape {
  readonly memory: SharedArrayBuffer;
  readonly #length: Int32Array;
  readonly #text: Buffer;

  constructor(memory = new SharedArrayBuffer(LENGTH_BYTES + TEXT_BYTES_MAX)) {
    this.memory = memory;
    this.#length = new Int32Array(memory, 0, 1);
    this.#text = Buffer.from(memory, LENGTH_BYTES);
  }

  /** Null while the program itself runs. What does not fit is known by its program only. */
  write(state: CrashState | null): void {
    const text = state === null ? '' : JSON.stringify(state);
    Atomics.store(this.#length, 0, 0);
    if (text.length > TEXT_BYTES_MAX) return;
    this.#text.write(text, 'latin1');
    Atomics.store(this.#length, 0, text.length);
  }

  /** Whoever wrote does so no more. */
  get state(): CrashState | null {
    const length = Atomics.load(this.#length, 0);
    return length === 0 ? null : (JSON.parse(this.#text.toString('latin1', 0, length)) as CrashState);
  }
}
