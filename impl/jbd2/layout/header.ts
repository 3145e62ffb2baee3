import { struct, u32, type Overlay } from '../../lib/struct.ts';

/** JBD2_MAGIC_NUMBER. A data block that starts with it must be escaped. */
export const JOURNAL_MAGIC = 0xc03b3998;

export const DESCRIPTOR_BLOCK = 1;
export const COMMIT_BLOCK = 2;
export const SUPERBLOCK_V1 = 3;
export const SUPERBLOCK_V2 = 4;
export const REVOKE_BLOCK = 5;

/** What every control block of the log starts with (journal_header_t). The whole log is big-endian. */
export const JournalHeaderLayout = struct('journal_header_s', 'big', 12, {
  magic: u32(0),
  blockType: u32(4),
  sequence: u32(8),
});

export type RawJournalHeader = Overlay<typeof JournalHeaderLayout.fields>;

export const JOURNAL_HEADER_BYTES = JournalHeaderLayout.size;
