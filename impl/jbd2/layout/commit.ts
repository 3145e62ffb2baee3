import { bytes, struct, u32, u8, type Overlay } from '../../lib/struct.ts';

/** The block that makes a transaction count (struct commit_header). */
export const CommitBlockLayout = struct('commit_header', 'big', 60, {
  magic: u32(0),
  blockType: u32(4),
  sequence: u32(8),
  checksumType: u8(12),
  checksumSize: u8(13),
  padding: bytes(14, 2),
  checksum: u32(16),
  checksumRest: bytes(20, 28),
  commitSecondsHigh: u32(48),
  commitSecondsLow: u32(52),
  commitNanoseconds: u32(56),
});

/** checksumType and checksumSize of a checksum of version 1 (JBD2_CRC32_CHKSUM). */
export const CHECKSUM_CRC32 = 1;
export const CHECKSUM_CRC32_BYTES = 4;

export type RawCommitBlock = Overlay<typeof CommitBlockLayout.fields>;
