import { DEVICE_PAGE_BYTES, type DeviceMemory } from '../../block/device-memory.ts';
import type { BlockDevice } from '../../block/block-device.ts';
import { MountRefused } from '../../lib/corruption.ts';
import { INCOMPAT } from './features.ts';
import type { MountOptions } from './mount-options.ts';
import type { Geometry } from './super-block.ts';

/** Files without a page cache, on devices that can be mapped. */

/** The device's memory, if files of this geometry can be mapped there: a block must be a page (EXT4_FLAGS_BDEV_IS_DAX). */
export const mappableMemory = (device: BlockDevice, { blockSize }: Geometry): DeviceMemory | null =>
  blockSize === DEVICE_PAGE_BYTES ? (device.memory ?? null) : null;

/** The checks of __ext4_fill_super(): `dax=always` is for all files or for none. Throws MountRefused. */
export function checkDax(
  { dax, data }: MountOptions,
  device: BlockDevice,
  geometry: Geometry,
  incompat: number,
): void {
  if (dax !== 'always') return;
  if (data === 'journal') throw new MountRefused('cannot mount with both data=journal and dax');
  if ((incompat & INCOMPAT.inline_data) !== 0)
    throw new MountRefused('cannot mount with dax: files may have their contents in the inode');
  if (device.memory === undefined)
    throw new MountRefused('cannot mount with dax: the device cannot be mapped directly');
  if (mappableMemory(device, geometry) === null)
    throw new MountRefused(`cannot mount with dax: blocks have ${geometry.blockSize} bytes, not a page's`);
}
