import { present } from '../lib/assert.ts';

/** Blocks of a device that follow each other. */
export interface BlockRun {
  readonly start: number;
  readonly length: number;
}

/**
 * Where the blocks of a file without holes lie on its device, as few runs: a journal has thousands of blocks and seldom
 * more than one run, and every mount asks for it.
 */
export class BlockRuns {
  readonly #runs: BlockRun[] = [];
  /** For each run the block of the file behind its last one. */
  readonly #ends: number[] = [];

  static of(...runs: readonly BlockRun[]): BlockRuns {
    const all = new BlockRuns();
    for (const { start, length } of runs) all.push(start, length);
    return all;
  }

  /** Blocks of the file. */
  get length(): number {
    return this.#ends[this.#ends.length - 1] ?? 0;
  }

  get runs(): readonly BlockRun[] {
    return this.#runs;
  }

  /** The file goes on with `length` blocks from `start` on. */
  push(start: number, length: number): void {
    const place = this.#runs.length - 1;
    const last = this.#runs[place];
    const end = this.length + length;
    if (last !== undefined && last.start + last.length === start) {
      this.#runs[place] = { start: last.start, length: last.length + length };
      this.#ends[place] = end;
      return;
    }
    this.#ends.push(end);
    this.#runs.push({ start, length });
  }

  /** The block of the device that holds block `index` of the file, 0 .. length - 1. */
  at(index: number): number {
    let place = 0;
    while (place < this.#ends.length - 1 && (this.#ends[place] ?? 0) <= index) place++;
    const run = present(this.#runs[place], () => `block ${index} of a file without blocks`);
    return run.start + run.length - ((this.#ends[place] ?? 0) - index);
  }

  /** The first `count` blocks. */
  head(count: number): BlockRuns {
    const head = new BlockRuns();
    for (const { start, length } of this.#runs) {
      if (head.length >= count) break;
      head.push(start, Math.min(length, count - head.length));
    }
    return head;
  }
}
