import { SECTOR_BYTES, type BioStatus } from '../block/bio.ts';
import type { BlockDevice } from '../block/block-device.ts';
import { fail } from '../lib/errno.ts';
import { waitUntil, type Sleepable } from '../sched/sleepable.ts';

/** Blocks in one bio at most (BIO_MAX_VECS). */
const SEGMENTS_MAX = 256;

/**
 * Writes many blocks with as few transfers as their places allow: neighbours that are added one after the other become
 * one bio (what a block plug does). The memory must not change until `finish` has returned.
 */
export class WriteBatch {
  readonly #device: BlockDevice;
  readonly #sectorsPerBlock: number;
  #segments: Uint8Array[] = [];
  #firstBlock = 0;
  #inFlight = 0;
  #failed = false;
  readonly #endIo: (status: BioStatus) => void;
  readonly #idle: () => boolean;

  constructor(device: BlockDevice, blockSize: number) {
    this.#device = device;
    this.#sectorsPerBlock = blockSize / SECTOR_BYTES;
    this.#idle = () => this.#inFlight === 0;
    this.#endIo = (status) => {
      this.#inFlight--;
      if (status !== null) this.#failed = true;
    };
  }

  add(block: number, data: Uint8Array): void {
    const count = this.#segments.length;
    if (count > 0 && (block !== this.#firstBlock + count || count === SEGMENTS_MAX)) this.#submit();
    if (this.#segments.length === 0) this.#firstBlock = block;
    this.#segments.push(data);
  }

  /** Submits what is left and waits for everything. Fails with EIO if any transfer did. */
  *finish(): Sleepable<void> {
    if (this.#segments.length > 0) this.#submit();
    if (this.#inFlight > 0) yield* waitUntil('writes of a batch', this.#idle);
    const failed = this.#failed;
    this.#failed = false;
    if (failed) fail('EIO');
  }

  #submit(): void {
    const segments = this.#segments;
    this.#segments = [];
    this.#inFlight++;
    const sector = this.#firstBlock * this.#sectorsPerBlock;
    this.#device.submit({ direction: 'write', sector, segments, preflush: false, fua: false }, this.#endIo);
  }
}
