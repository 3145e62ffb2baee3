import type { AddressSpace } from '../mm/address-space.ts';
import type { BlockDevice } from '../block/block-device.ts';

/** The few things the iomap core must know about a file. `size` is i_size in bytes. */
export interface IomapFile {
  readonly ino: number;
  size: number;
  readonly mapping: AddressSpace;
  /** Bytes. */
  readonly blockSize: number;
  readonly device: BlockDevice;
}
