import type { Scheduler } from '../sched/scheduler.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { SECTOR_BYTES, type Bio, type BioStatus } from './bio.ts';
import type { BlockDevice } from './block-device.ts';
import type { DeviceMemory } from './device-memory.ts';

/** A transfer that has not ended. */
interface Transfer {
  readonly bio: Bio;
  readonly endIo: (status: BioStatus) => void;
}

/** The sector behind the last one. */
const endOf = ({ sector, segments }: Bio): number =>
  sector + segments.reduce((bytes, { length }) => bytes + length, 0) / SECTOR_BYTES;

/**
 * A disk whose transfers end, once it is slow, when a task says so: each end is a place where another call may run. For
 * whoever explores interleavings.
 */
export class SlowDisk implements BlockDevice {
  readonly sectors: number;
  /** What is loaded and stored is there at once. */
  readonly memory?: DeviceMemory;
  readonly writesZeroes?: boolean;
  readonly #disk: BlockDevice;
  readonly #queue: Transfer[] = [];
  #slow = false;

  constructor(disk: BlockDevice) {
    this.#disk = disk;
    this.sectors = disk.sectors;
    if (disk.memory !== undefined) this.memory = disk.memory;
    if (disk.writesZeroes !== undefined) this.writesZeroes = disk.writesZeroes;
  }

  submit(bio: Bio, endIo: (status: BioStatus) => void): void {
    if (this.#slow) this.#queue.push({ bio, endIo });
    else this.#disk.submit(bio, endIo);
  }

  isBusy(sector: number, sectors: number): boolean {
    return this.#queue.some(({ bio }) => bio.sector < sector + sectors && sector < endOf(bio));
  }

  /** From now on a worker ends the transfers, one at a time, in the order in which they were submitted. */
  slowDown(scheduler: Scheduler): void {
    this.#slow = true;
    scheduler.spawnWorker(
      'interrupts',
      () => this.#queue.length > 0,
      () => this.#endOne(),
    );
  }

  *#endOne(): Sleepable<void> {
    const next = this.#queue.shift();
    if (next !== undefined) this.#disk.submit(next.bio, next.endIo);
  }
}
