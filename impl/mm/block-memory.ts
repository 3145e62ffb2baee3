const SLAB_BYTES = 64 * 1024;

/** The bytes of a block. They and their view outlive the mounts that use them. */
export class MemoryBlock {
  readonly data: Uint8Array;
  #view: DataView | null = null;

  constructor(data: Uint8Array) {
    this.data = data;
  }

  /** Made once, on first use: a new DataView costs more than ten field accesses. */
  get view(): DataView {
    return (this.#view ??= new DataView(this.data.buffer, this.data.byteOffset, this.data.length));
  }
}

/**
 * Memory in pieces of one block, for metadata: cut from larger slabs, kept for the next mount when one ends. Making a
 * buffer of its own for each block costs ten times as much, and the collector as much again.
 */
export class BlockMemory {
  /** Bytes, at most 65536. */
  readonly blockSize: number;
  readonly #free: MemoryBlock[] = [];
  #slab = new Uint8Array(0);
  #used = 0;

  constructor(blockSize: number) {
    this.blockSize = blockSize;
  }

  /** A block of zeros. */
  take(): MemoryBlock {
    const block = this.takeAnything();
    block.data.fill(0);
    return block;
  }

  /** A block that shows somebody's old bytes, for who overwrites all of it. */
  takeAnything(): MemoryBlock {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#used + this.blockSize > this.#slab.length) {
      this.#slab = new Uint8Array(Math.max(SLAB_BYTES, this.blockSize));
      this.#used = 0;
    }
    const data = this.#slab.subarray(this.#used, this.#used + this.blockSize);
    this.#used += this.blockSize;
    return new MemoryBlock(data);
  }

  /** Nobody uses the block any more. */
  giveBack(block: MemoryBlock): void {
    this.#free.push(block);
  }
}
