import type { Bio, BioStatus } from './bio.ts';
import type { BlockDevice } from './block-device.ts';
import type { DeviceMemory } from './device-memory.ts';

/** A device as it is, but that it writes zeros faster than bytes, as some solid-state disks do. */
export class ZeroingDisk implements BlockDevice {
  readonly writesZeroes = true;
  readonly sectors: number;
  readonly memory?: DeviceMemory;
  readonly #disk: BlockDevice;

  constructor(disk: BlockDevice) {
    this.#disk = disk;
    this.sectors = disk.sectors;
    if (disk.memory !== undefined) this.memory = disk.memory;
  }

  submit(bio: Bio, endIo: (status: BioStatus) => void): void {
    this.#disk.submit(bio, endIo);
  }

  discard(sector: number, sectors: number): void {
    this.#disk.discard?.(sector, sectors);
  }
}
