import { SECTOR_BYTES, type Bio, type BioStatus } from './bio.ts';
import type { BlockDevice } from './block-device.ts';

/** Numbers [from, to). */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What is wrong with a device. All that is named is: a transfer that any of it concerns fails with EIO, and moves nothing. */
export interface Trouble {
  /** Reads and writes that fail, counted from 0 since the trouble began; a flush is a write. */
  readonly reads?: Span;
  readonly writes?: Span;
  /** Sectors that cannot be read, or written. */
  readonly unreadable?: Span;
  readonly unwritable?: Span;
  /** The device ends before this sector, whatever it says of its size. */
  readonly endsAt?: number;
}

const NOTHING: Span = { from: 0, to: 0 };

const holds = ({ from, to }: Span, number: number): boolean => number >= from && number < to;

const meets = ({ from, to }: Span, first: number, end: number): boolean => first < to && end > from;

/** A device that fails when it is told to, and is well again when it is told so. */
export class FailingDisk implements BlockDevice {
  readonly sectors: number;
  readonly writesZeroes?: boolean;
  readonly #disk: BlockDevice;
  #trouble: Trouble | null = null;
  #reads = 0;
  #writes = 0;
  /** Transfers that failed so far. */
  failed = 0;

  constructor(disk: BlockDevice) {
    this.#disk = disk;
    this.sectors = disk.sectors;
    if (disk.writesZeroes !== undefined) this.writesZeroes = disk.writesZeroes;
  }

  /** From now on; null ends it. */
  begin(trouble: Trouble | null): void {
    this.#trouble = trouble;
    this.#reads = this.#writes = 0;
  }

  submit(bio: Bio, endIo: (status: BioStatus) => void): void {
    if (!this.#fails(bio)) {
      this.#disk.submit(bio, endIo);
      return;
    }
    this.failed++;
    endIo('EIO');
  }

  discard(sector: number, sectors: number): void {
    this.#disk.discard?.(sector, sectors);
  }

  #fails({ direction, sector, segments }: Bio): boolean {
    const trouble = this.#trouble;
    if (trouble === null) return false;
    let bytes = 0;
    for (const { length } of segments) bytes += length;
    const end = sector + bytes / SECTOR_BYTES;
    const number = direction === 'read' ? this.#reads++ : this.#writes++;
    const numbers = direction === 'read' ? trouble.reads : trouble.writes;
    const sectors = direction === 'read' ? trouble.unreadable : trouble.unwritable;
    const beyond = bytes > 0 && end > (trouble.endsAt ?? Infinity);
    return beyond || holds(numbers ?? NOTHING, number) || meets(sectors ?? NOTHING, sector, end);
  }
}
