import { SECTOR_BYTES, type BioStatus } from '../../block/bio.ts';
import type { BufferHead } from '../../buffer/buffer-head.ts';
import type { ReservedHandle } from '../../jbd2/handle.ts';
import type { Folio } from '../../mm/folio.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { convertReserved, type BlockRange } from '../mapping/convert.ts';
import type { Inode } from '../inode/inode.ts';
import { lossAborts, tellingOfLoss } from './lost-data.ts';

interface PendingBio {
  readonly block: number;
  readonly buffers: BufferHead[];
}

/**
 * Folios on their way to the disk on the buffer_head path, and what must happen when all of them have arrived
 * (ext4_io_end_t and struct ext4_io_submit in one). Blocks that follow each other on the device travel in one bio.
 */
export class PageIo {
  readonly #inode: Inode;
  readonly #folios: Folio[] = [];
  readonly #bios: PendingBio[] = [];
  #inFlight = 0;
  #failed: BioStatus = null;
  /** Unwritten blocks among those written, and the handle that will convert them. */
  #ranges: readonly BlockRange[] = [];
  #reserved: ReservedHandle | null = null;

  constructor(inode: Inode) {
    this.#inode = inode;
  }

  get empty(): boolean {
    return this.#folios.length === 0;
  }

  /** Takes over a folio under writeback and the blocks of it that are dirty. */
  add(folio: Folio, dirty: readonly BufferHead[]): void {
    this.#folios.push(folio);
    for (const buffer of dirty) {
      buffer.asyncWrite = true;
      const last = this.#bios.at(-1);
      if (last !== undefined && last.block + last.buffers.length === buffer.block) last.buffers.push(buffer);
      else this.#bios.push({ block: buffer.block, buffers: [buffer] });
    }
  }

  /** These blocks are unwritten on disk: they become written when everything has arrived. */
  convertAtEnd(ranges: readonly BlockRange[], reserved: ReservedHandle): void {
    this.#ranges = ranges;
    this.#reserved = reserved;
  }

  /** ext4_io_submit(). */
  submit(): void {
    const { device, blockSize } = this.#inode;
    // One more than there are, so that an early end does not finish what is still being submitted.
    this.#inFlight = this.#bios.length + 1;
    for (const { block, buffers } of this.#bios) {
      const sector = (block * blockSize) / SECTOR_BYTES;
      const segments = buffers.map((buffer) => buffer.data);
      device.submit({ direction: 'write', sector, segments, preflush: false, fua: false }, (status) =>
        this.#ended(buffers, status),
      );
    }
    this.#ended([], null);
  }

  /** ext4_end_bio(), in interrupt context: what needs a handle goes to the worker. */
  #ended(buffers: readonly BufferHead[], status: BioStatus): void {
    for (const buffer of buffers) {
      buffer.asyncWrite = false;
      if (status !== null) buffer.writeError = status;
    }
    if (status !== null) this.#failed = status;
    if (--this.#inFlight > 0) return;
    const aborts = this.#failed !== null && lossAborts(this.#inode);
    if (this.#reserved === null && !aborts) this.#finish();
    else this.#inode.sb.conversionWork.queue(() => this.#complete());
  }

  /** ext4_end_io_end(): blocks whose write failed stay unwritten, so that nobody sees what they held before. */
  *#complete(): Sleepable<void> {
    const reserved = this.#reserved;
    const converts = this.#failed === null || this.#inode.mapping.faults.has('failed-write-converts');
    if (!converts) {
      if (reserved !== null) this.#inode.sb.journal.releaseReserved(reserved);
      if (lossAborts(this.#inode)) yield* this.#inode.sb.journal.abort();
    } else if (reserved !== null) {
      yield* tellingOfLoss(this.#inode, () => convertReserved(this.#inode, reserved, this.#ranges));
    }
    this.#finish();
  }

  #finish(): void {
    const { mapping } = this.#inode;
    if (this.#failed !== null) mapping.setError(this.#failed);
    for (const folio of this.#folios) mapping.endWriteback(folio);
  }
}
