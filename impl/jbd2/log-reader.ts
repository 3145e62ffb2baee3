import { SECTOR_BYTES } from '../block/bio.ts';
import type { BlockDevice } from '../block/block-device.ts';
import { transfer } from '../block/transfer.ts';
import { Corruption } from '../lib/corruption.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { LogArea } from './log-area.ts';

/** Blocks read at once. */
const WINDOW_BLOCKS = 32;

/** Reads blocks of the log for recovery, some ahead (jread, do_readahead); it goes past the buffer cache. */
export class LogReader {
  readonly #device: BlockDevice;
  readonly #area: LogArea;
  readonly #blockSize: number;
  readonly #window: Uint8Array[] = [];
  #windowStart = 0;
  #windowLength = 0;

  constructor(device: BlockDevice, area: LogArea, blockSize: number) {
    this.#device = device;
    this.#area = area;
    this.#blockSize = blockSize;
  }

  /**
   * The contents of block `block` of the journal, in memory that is not used again.
   * Throws Corruption outside the log: a number that was computed from the disk.
   */
  *read(block: number): Sleepable<Uint8Array> {
    const { first, end } = this.#area;
    if (block < first || block >= end)
      throw new Corruption('journal', 'block', block, `${first} .. ${end - 1}`);
    const within = block - this.#windowStart;
    if (within < 0 || within >= this.#windowLength) yield* this.#fill(block);
    const data = this.#window[block - this.#windowStart];
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
    this.#window.length = 0;
    for (let index = 0; index < length; index++) this.#window.push(new Uint8Array(this.#blockSize));
    yield* transfer(this.#device, {
      direction: 'read',
      sector: place * (this.#blockSize / SECTOR_BYTES),
      segments: this.#window,
      preflush: false,
      fua: false,
    });
    this.#windowStart = block;
    this.#windowLength = length;
  }
}
