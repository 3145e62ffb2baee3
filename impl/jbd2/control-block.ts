import { BadChecksum, Corruption } from '../lib/corruption.ts';
import { join } from '../lib/struct.ts';
import { BlockTailLayout, TAG_LAST, TAG_SAME_UUID, TAG_UUID_BYTES } from './layout/block-tag.ts';
import { JOURNAL_HEADER_BYTES } from './layout/header.ts';
import { RevokeBlockLayout } from './layout/revoke.ts';
import type { LogFormat } from './log-format.ts';
import type { ControlBlock } from './log-walk.ts';

/** What a descriptor block says about one data block. */
export interface Tag {
  /** Home, as a block of the device. Straight from the disk. */
  readonly block: number;
  readonly flags: number;
  readonly checksum: number;
}

/** The tags of a descriptor block, up to the last one or the end of the block (count_tags). */
export function readTags(format: LogFormat, { view }: ControlBlock): Tag[] {
  const end = format.blockSize - format.tailBytes;
  const cursor = format.tag(view);
  const tags: Tag[] = [];
  let offset = JOURNAL_HEADER_BYTES;
  while (offset + format.tagBytes <= end) {
    cursor.moveTo(offset);
    const { block, flags, checksum } = cursor;
    tags.push({ block, flags, checksum });
    offset += format.tagBytes;
    if ((flags & TAG_SAME_UUID) === 0) offset += TAG_UUID_BYTES;
    if ((flags & TAG_LAST) !== 0) break;
  }
  return tags;
}

/** The block numbers in a revoke block (scan_revoke_records). Corruption for a count beyond the block. */
export function revokedBlocks(format: LogFormat, { view, sequence }: ControlBlock): number[] {
  const { count } = RevokeBlockLayout.at(view);
  const end = format.blockSize - format.tailBytes;
  if (count > end) {
    throw new Corruption(`revoke block of transaction ${sequence}`, 'r_count', count, `at most ${end}`);
  }
  const width = format.revokeRecordBytes;
  const blocks: number[] = [];
  for (let offset = RevokeBlockLayout.size; offset + width <= count; offset += width) {
    blocks.push(
      width === 8 ? join(view.getUint32(offset), view.getUint32(offset + 4)) : view.getUint32(offset),
    );
  }
  return blocks;
}

/** Does the checksum at the end of a descriptor or revoke block match (jbd2_descriptor_block_csum_verify)? */
export function hasValidTail(format: LogFormat, { view }: ControlBlock): boolean {
  if (format.checksums === 'none') return true;
  const { tailOffset } = format;
  return BlockTailLayout.at(view, tailOffset).checksum === format.controlChecksum(view, tailOffset);
}

/** Corruption where the scan has accepted a block already, so that it must be whole. */
export function verifyTail(format: LogFormat, block: ControlBlock): void {
  if (hasValidTail(format, block)) return;
  const found = BlockTailLayout.at(block.view, format.tailOffset).checksum;
  const expected = `${format.controlChecksum(block.view, format.tailOffset)}`;
  throw new BadChecksum(`descriptor block ${block.position} of the journal`, 't_checksum', found, expected);
}
