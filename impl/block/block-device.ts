import type { Bio, BioStatus } from './bio.ts';
import type { DeviceMemory } from './device-memory.ts';

/** A device that transfers sectors, one bio at a time; what struct block_device and its queue are in the kernel. */
export interface BlockDevice {
  /** Sectors of 512 bytes. */
  readonly sectors: number;
  /** Nothing can be written to it (bdev_read_only). */
  readonly readOnly?: boolean;
  /** Where it can be mapped directly. Absent in a device that is reached by transfers only. */
  readonly memory?: DeviceMemory;
  /**
   * It writes zeros faster than bytes, and without keeping them (bdev_write_zeroes_unmap_sectors): who wants zeros that are written
   * may ask for them. Here they travel like other bytes.
   */
  readonly writesZeroes?: boolean;
  /** Starts the transfer; `endIo` runs exactly once, perhaps before submit returns, in an order the device chooses. */
  submit(bio: Bio, endIo: (status: BioStatus) => void): void;
  /** Is a transfer of these sectors under way? Absent in a device that ends every transfer before `submit` returns. */
  isBusy?(sector: number, sectors: number): boolean;
  /**
   * Nobody needs what these sectors hold (REQ_OP_DISCARD): the device may forget it. What was submitted before is done
   * first. Absent in a device that cannot.
   */
  discard?(sector: number, sectors: number): void;
}
