import type { Inode } from './inode.ts';

/** Which driver and which of its devices a character or block device is: 12 and 20 bits. */
export interface DeviceNumber {
  /** 0 .. 4095. */
  readonly major: number;
  /** 0 .. 1,048,575. */
  readonly minor: number;
}

/** MAJOR and MINOR of the largest dev_t. */
const MAJOR_MAX = 0xfff;
const MINOR_MAX = 0xfffff;

/** Both parts fit into a byte in the old encoding (old_valid_dev). */
const OLD_MAX = 0xff;

/** Byte offsets in i_block: the first word has the old encoding, or is 0 and the second has the new one. */
const OLD_OFFSET = 0;
const NEW_OFFSET = 4;

export const isDeviceNumber = ({ major, minor }: DeviceNumber): boolean =>
  isWithin(major, MAJOR_MAX) && isWithin(minor, MINOR_MAX);

const isWithin = (part: number, max: number): boolean => Number.isInteger(part) && part >= 0 && part <= max;

/** Writes the number into i_block (ext4_fill_raw_inode with old_encode_dev or new_encode_dev). */
export function setDeviceNumber({ dataView }: Inode, { major, minor }: DeviceNumber): void {
  const old = major <= OLD_MAX && minor <= OLD_MAX;
  dataView.setUint32(OLD_OFFSET, old ? (major << 8) | minor : 0, true);
  dataView.setUint32(NEW_OFFSET, old ? 0 : encodeNew(major, minor), true);
}

/** new_encode_dev: the minor number's upper 12 bits stand above the major number. */
const encodeNew = (major: number, minor: number): number =>
  ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;

/** The number that i_block of a device holds (the end of __ext4_iget). */
export function deviceNumberOf({ dataView }: Inode): DeviceNumber {
  const old = dataView.getUint32(OLD_OFFSET, true);
  if (old !== 0) return { major: (old >>> 8) & 0xff, minor: old & 0xff };
  const word = dataView.getUint32(NEW_OFFSET, true);
  return { major: (word >>> 8) & MAJOR_MAX, minor: (word & 0xff) | ((word >>> 12) & 0xfff00) };
}
