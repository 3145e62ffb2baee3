import { crc16 } from '../../lib/crc16.ts';
import { BG_CHECKSUM_OFFSET } from '../layout/group-descriptor.ts';
import { hasFeature, type Features } from '../super/features.ts';
import { groupDescriptorChecksum } from './checksum.ts';

/** bg_checksum of a group's descriptor, 16 bits. `descriptor` has all of its bytes. */
export type GroupChecksum = (group: number, descriptor: Uint8Array) => number;

/**
 * How descriptors are checked (ext4_group_desc_csum): by the low half of a crc32c with metadata_csum, by a crc16 with
 * uninit_bg, which mke2fs calls gdt_csum as well; null for neither. Only with one of them do the flags of a descriptor
 * (EXT4_BG_*_UNINIT) and bg_itable_unused mean anything.
 */
export function groupChecksumOf(features: Features, seed: number, uuid: Uint8Array): GroupChecksum | null {
  if (hasFeature(features, 'metadata_csum'))
    return (group, descriptor) => groupDescriptorChecksum(seed, group, descriptor);
  return hasFeature(features, 'uninit_bg') ? crc16Checksum(uuid) : null;
}

function crc16Checksum(uuid: Uint8Array): GroupChecksum {
  const start = crc16(0xffff, uuid);
  const number = new DataView(new ArrayBuffer(4));
  return (group, descriptor) => {
    number.setUint32(0, group, true);
    const crc = crc16(
      crc16(start, new Uint8Array(number.buffer)),
      descriptor.subarray(0, BG_CHECKSUM_OFFSET),
    );
    return crc16(crc, descriptor.subarray(BG_CHECKSUM_OFFSET + 2));
  };
}
