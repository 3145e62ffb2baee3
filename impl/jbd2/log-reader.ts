import { SECTOR_BYTES } from '../block/bio.ts';
import { transfer } from '../block/transfer.ts';
import type { BufferCache } from '../buffer/buffer-cache.ts';
import { Corruption } from '../lib/corruption.ts';
import type { MemoryBlock } from '../mm/block-memory.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { LogArea } from './log-area.ts';

/** Blocks read at once. */
const WINDOW_BLOCKS = 32;

/**
 * Reads blocks of the log for recovery, some ahead (jread, do_readahead); it goes past the buffer cache, but its memory is
 * the cache's: whoever has made a reader releases it.
 */
export class LogReader {
  readonly #cache: BufferCache;
  readonly #area: LogArea;
  /** Blocks of memory; the first `windowLength` hold the journal from `windowStart` on. */
  readonly #window: MemoryBlock[] = [];
  readonly #control: MemoryBlock;
  #windowStart = 0;
  #windowLength = 0;

  constructor(cache: BufferCache, area: LogArea) {
    this.#cache = cache;
    this.#area = area;
    this.#control = cache.memory.take();
  }

  release(): void {
    for (const block of this.#window) this.#cache.memory.giveBack(block);
    this.#cache.memory.giveBack(this.#control);
  }

  /** The contents of a block, until the next one is read like this: `read` may be called meanwhile. */
  *readControl(block: number): Sleepable<Uint8Array> {
    this.#control.data.set(yield* this.read(block));
    return this.#control.data;
  }

  /**
   * The contents of block `block` of the journal, until the next one is read.
   * Throws Corruption outside the log: a number that was computed from the disk.
   */
  *read(block: number): Sleepable<Uint8Array> {
    const { first, end } = this.#area;
    if (block < first || block >= end)
      throw new Corruption('journal', 'block', block, `${first} .. ${end - 1}`);
    const within = block - this.#windowStart;
    if (within < 0 || within >= this.#windowLength) yield* this.#fill(block);
    const data = this.#window[block - this.#windowStart]?.data;
    if (data === undefined) throw new Corruption('journal', 'block', block, 'a block that was read');
    return data;
  }

  /** Reads from `block` on as far as the journal lies in one piece on the device. */
  *#fill(block: number): Sleepable<void> {
    const place = this.#area.deviceBlock(block);
    const limit = Math.min(WINDOW_BLOCKS, this.#area.end - block);
    let length = 1;
    while (length < limit && this.#area.deviceBlock(block + length) === place + length) length++;
    this.#windowLength = 0;
    while (this.#window.length < length) this.#window.push(this.#cache.memory.take());
    yield* transfer(this.#cache.device, {
      direction: 'read',
      sector: place * (this.#cache.blockSize / SECTOR_BYTES),
      segments: this.#window.slice(0, length).map(({ data }) => data),
      preflush: false,
      fua: false,
    });
    this.#windowStart = block;
    this.#windowLength = length;
  }
}
