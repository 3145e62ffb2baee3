/** A run of blocks. */
export interface Run {
  readonly start: number;
  readonly length: number;
}

export function* blocksOf(runs: readonly Run[]): Generator<number> {
  for (const { start, length } of runs) for (let index = 0; index < length; index++) yield start + index;
}

/** `blocks` rounded up to whole clusters of `ratio` blocks. */
export const wholeClusters = (blocks: number, ratio: number): number => Math.ceil(blocks / ratio) * ratio;

/** The blocks that a new file system has given away: few, sorted, disjoint runs. */
export class UsedBlocks {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /** Marks blocks that are free until now. */
  add(start: number, length: number): void {
    const end = start + length;
    const index = this.#indexBehind(start);
    const joinsLeft = index > 0 && this.#ends[index - 1] === start;
    const joinsRight = this.#starts[index] === end;
    if (joinsLeft && joinsRight) {
      this.#ends.splice(index - 1, 1);
      this.#starts.splice(index, 1);
    } else if (joinsLeft) {
      this.#ends[index - 1] = end;
    } else if (joinsRight) {
      this.#starts[index] = start;
    } else {
      this.#starts.splice(index, 0, start);
      this.#ends.splice(index, 0, end);
    }
  }

  /** The first run that starts behind a block, by bisection: there are thousands on a device of terabytes. */
  #indexBehind(block: number): number {
    let [low, high] = [0, this.#starts.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] ?? 0) > block) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The first free run at or after `from` that lies before `limit`, of at least `atLeast` blocks; null if there is none. */
  free(from: number, limit: number, atLeast: number): Run | null {
    let start = from;
    const first = Math.max(0, this.#indexBehind(from) - 1);
    for (let index = first; index < this.#starts.length && start < limit; index++) {
      const usedStart = this.#starts[index] ?? 0;
      const usedEnd = this.#ends[index] ?? 0;
      if (usedEnd <= start) continue;
      const end = Math.min(usedStart, limit);
      if (end - start >= atLeast && end > start) return { start, length: end - start };
      start = Math.max(start, usedEnd);
    }
    return limit - start >= atLeast && limit > start ? { start, length: limit - start } : null;
  }

  /** The same in whole clusters of `ratio` blocks, each of which is used as soon as one of its blocks is. */
  inClusters(ratio: number): UsedBlocks {
    const whole = new UsedBlocks();
    let end = 0;
    for (const run of this.runs()) {
      const start = Math.max(end, run.start - (run.start % ratio));
      end = Math.max(end, wholeClusters(run.start + run.length, ratio));
      if (end > start) whole.add(start, end - start);
    }
    return whole;
  }

  get count(): number {
    let total = 0;
    for (const { length } of this.runs()) total += length;
    return total;
  }

  *runs(): Generator<Run> {
    for (let index = 0; index < this.#starts.length; index++) {
      const start = this.#starts[index] ?? 0;
      yield { start, length: (this.#ends[index] ?? 0) - start };
    }
  }
}
