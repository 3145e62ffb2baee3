import { struct, u16, u32, type Overlay } from '../../lib/struct.ts';

/** t_flags: the block starts with the magic number; the log holds zeros there. */
export const TAG_ESCAPED = 1;
/** t_flags: no UUID follows, it is the one of the tag before. */
export const TAG_SAME_UUID = 2;
/** t_flags: no tag follows in this descriptor block. */
export const TAG_LAST = 8;

/** Bytes of the UUID after a tag without TAG_SAME_UUID. */
export const TAG_UUID_BYTES = 16;

/** What a descriptor block says about one data block (journal_block_tag_t); blockHigh is there with 64BIT only. */
export const BlockTagLayout = struct('journal_block_tag_s', 'big', 12, {
  blockLow: u32(0),
  /** The low half of the data block's checksum, with CSUM_V2. */
  checksum: u16(4),
  flags: u16(6),
  blockHigh: u32(8),
});

/** The tag with CSUM_V3 (journal_block_tag3_t); blockHigh counts with 64BIT only. */
export const BlockTag3Layout = struct('journal_block_tag3_s', 'big', 16, {
  blockLow: u32(0),
  flags: u32(4),
  blockHigh: u32(8),
  checksum: u32(12),
});

/** The end of a descriptor or revoke block when checksums of version 2 or 3 are on (jbd2_journal_block_tail). */
export const BlockTailLayout = struct('jbd2_journal_block_tail', 'big', 4, { checksum: u32(0) });

export type RawBlockTag = Overlay<typeof BlockTagLayout.fields>;
export type RawBlockTag3 = Overlay<typeof BlockTag3Layout.fields>;
