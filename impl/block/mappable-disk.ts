import type { Bio, BioStatus } from './bio.ts';
import type { BlockDevice } from './block-device.ts';
import type { DeviceMemory } from './device-memory.ts';
import type { MemoryDisk } from './memory-disk.ts';

/** A disk in memory that can be mapped directly, as persistent memory can (pmem). It keeps what is stored at once. */
export class MappableDisk implements BlockDevice {
  readonly sectors: number;
  readonly memory: DeviceMemory;
  readonly #disk: MemoryDisk;

  constructor(disk: MemoryDisk) {
    this.#disk = disk;
    this.sectors = disk.sectors;
    this.memory = {
      page: (index) => disk.page(index),
      writablePage: (index) => disk.writablePage(index),
      flush: () => undefined,
    };
  }

  submit(bio: Bio, endIo: (status: BioStatus) => void): void {
    this.#disk.submit(bio, endIo);
  }

  discard(sector: number, sectors: number): void {
    this.#disk.discard(sector, sectors);
  }
}
