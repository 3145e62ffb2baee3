/** Memory for one block on its way to the log, with its view. */
export interface LogBlock {
  readonly data: Uint8Array;
  readonly view: DataView;
}

/** More than this many blocks are not kept for the next commit. */
const KEPT_MAX = 512;

/** Blocks that are used again by every commit: only one is built at a time. */
export class LogBlockPool {
  readonly #blockSize: number;
  readonly #blocks: LogBlock[] = [];
  #used = 0;

  constructor(blockSize: number) {
    this.#blockSize = blockSize;
  }

  /** A block with whatever it held before. */
  take(): LogBlock {
    const kept = this.#blocks[this.#used];
    this.#used++;
    if (kept !== undefined) return kept;
    const data = new Uint8Array(this.#blockSize);
    const block = { data, view: new DataView(data.buffer) };
    this.#blocks.push(block);
    return block;
  }

  /** Everything that was taken is free again: the transfers have ended. */
  reset(): void {
    this.#used = 0;
    if (this.#blocks.length > KEPT_MAX) this.#blocks.length = KEPT_MAX;
  }
}
