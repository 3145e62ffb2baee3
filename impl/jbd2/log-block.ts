import type { BlockMemory, MemoryBlock } from '../mm/block-memory.ts';

/** Memory for one block on its way to the log. */
export type LogBlock = MemoryBlock;

/** More than this many blocks are not kept for the next commit. */
const KEPT_MAX = 512;

/** Blocks that are used again by every commit: only one is built at a time. */
export class LogBlockPool {
  readonly #memory: BlockMemory;
  readonly #blocks: LogBlock[] = [];
  #used = 0;

  constructor(memory: BlockMemory) {
    this.#memory = memory;
  }

  /** A block with whatever it held before. */
  take(): LogBlock {
    const kept = this.#blocks[this.#used];
    this.#used++;
    if (kept !== undefined) return kept;
    const block = this.#memory.takeAnything();
    this.#blocks.push(block);
    return block;
  }

  /** Everything that was taken is free again: the transfers have ended. */
  reset(): void {
    this.#used = 0;
    this.#giveBack(KEPT_MAX);
  }

  /** The journal is closed: all memory is given back. */
  clear(): void {
    this.#used = 0;
    this.#giveBack(0);
  }

  #giveBack(keep: number): void {
    while (this.#blocks.length > keep) {
      const block = this.#blocks.pop();
      if (block !== undefined) this.#memory.giveBack(block);
    }
  }
}
