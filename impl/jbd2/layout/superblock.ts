import { bytes, struct, u32, u8, type Overlay } from '../../lib/struct.ts';

/** The first block of the journal (journal_superblock_t): 1,024 bytes whatever the block size. */
export const JournalSuperblockLayout = struct('journal_superblock_s', 'big', 1024, {
  magic: u32(0x0),
  blockType: u32(0x4),
  headerSequence: u32(0x8),
  /** Bytes. */
  blockSize: u32(0xc),
  /** Blocks in the journal, this one included. */
  maxLength: u32(0x10),
  /** First block of the log proper. */
  first: u32(0x14),
  /** First transaction that recovery expects. */
  sequence: u32(0x18),
  /** Block where the log starts; 0 means that it is empty. */
  start: u32(0x1c),
  errno: u32(0x20),
  // What follows exists in version 2 only.
  featureCompat: u32(0x24),
  featureIncompat: u32(0x28),
  featureRoCompat: u32(0x2c),
  uuid: bytes(0x30, 16),
  users: u32(0x40),
  dynamicSuper: u32(0x44),
  maxTransaction: u32(0x48),
  maxTransactionData: u32(0x4c),
  checksumType: u8(0x50),
  fastCommitBlocks: u32(0x54),
  head: u32(0x58),
  checksum: u32(0xfc),
  userIds: bytes(0x100, 768),
});

export type RawJournalSuperblock = Overlay<typeof JournalSuperblockLayout.fields>;

export const COMPAT_CHECKSUM = 0x1;
export const INCOMPAT_REVOKE = 0x1;
export const INCOMPAT_64BIT = 0x2;
export const INCOMPAT_ASYNC_COMMIT = 0x4;
export const INCOMPAT_CSUM_V2 = 0x8;
export const INCOMPAT_CSUM_V3 = 0x10;
export const INCOMPAT_FAST_COMMIT = 0x20;

/** Blocks of the fast commit area when fastCommitBlocks does not say (JBD2_DEFAULT_FAST_COMMIT_BLOCKS). */
export const FAST_COMMIT_BLOCKS_DEFAULT = 256;

/** JBD2_CRC32C_CHKSUM in checksumType. */
export const CHECKSUM_CRC32C = 4;
