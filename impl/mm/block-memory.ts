const SLAB_BYTES = 64 * 1024;

/**
 * Memory in pieces of one block, for metadata: cut from larger slabs, kept for the next mount when one ends. Making a
 * buffer of its own for each block costs ten times as much, and the collector as much again.
 */
export class BlockMemory {
  /** Bytes, at most 65536. */
  readonly blockSize: number;
  readonly #free: Uint8Array[] = [];
  #slab = new Uint8Array(0);
  #used = 0;

  constructor(blockSize: number) {
    this.blockSize = blockSize;
  }

  /** A block of zeros. */
  take(): Uint8Array {
    return this.takeAnything().fill(0);
  }

  /** A block that shows somebody's old bytes, for who overwrites all of it. */
  takeAnything(): Uint8Array {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#used + this.blockSize > this.#slab.length) {
      this.#slab = new Uint8Array(Math.max(SLAB_BYTES, this.blockSize));
      this.#used = 0;
    }
    const block = this.#slab.subarray(this.#used, this.#used + this.blockSize);
    this.#used += this.blockSize;
    return block;
  }

  /** Nobody uses the block any more. */
  giveBack(block: Uint8Array): void {
    this.#free.push(block);
  }
}
