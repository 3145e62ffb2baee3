import { struct, u32, type Overlay } from '../../lib/struct.ts';

/** The start of a revoke block (jbd2_journal_revoke_header_t); block numbers of 4 or 8 bytes follow. */
export const RevokeBlockLayout = struct('jbd2_journal_revoke_header_s', 'big', 16, {
  magic: u32(0),
  blockType: u32(4),
  sequence: u32(8),
  /** Bytes used in the block, this header included. */
  count: u32(12),
});

export type RawRevokeBlock = Overlay<typeof RevokeBlockLayout.fields>;
