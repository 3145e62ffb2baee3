import { bytes, struct, u16, u32 } from '../../lib/struct.ts';

/** mmp_magic. */
export const EXT4_MMP_MAGIC = 0x004d4d50;
/** mmp_seq of a file system that nobody uses. */
export const EXT4_MMP_SEQ_CLEAN = 0xff4d4d50;

/** struct mmp_struct (fs/ext4/ext4.h): who has the file system mounted, renewed while it is (feature mmp). */
export const MmpLayout = struct('mmp_struct', 'little', 1024, {
  magic: u32(0x0),
  sequence: u32(0x4),
  timeLo: u32(0x8),
  timeHi: u32(0xc),
  nodeName: bytes(0x10, 64),
  deviceName: bytes(0x50, 32),
  /** Seconds. */
  checkInterval: u16(0x70),
  pad1: u16(0x72),
  pad2: bytes(0x74, 904),
  checksum: u32(0x3fc),
});
