import { bytes, struct, u16, u32 } from '../../lib/struct.ts';

/** struct mmp_struct (fs/ext4/ext4.h): who has the file system mounted, with the feature mmp. */
export const MmpLayout = struct('mmp_struct', 'little', 1024, {
  magic: u32(0x0),
  sequence: u32(0x4),
  time: bytes(0x8, 8),
  nodeName: bytes(0x10, 64),
  deviceName: bytes(0x50, 32),
  checkInterval: u16(0x70),
  pad1: u16(0x72),
  pad2: bytes(0x74, 904),
  checksum: u32(0x3fc),
});
