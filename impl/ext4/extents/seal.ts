import type { BufferHead } from '../../buffer/buffer-head.ts';
import { extentBlockChecksum } from '../integrity/checksum.ts';
import type { Inode } from '../inode/inode.ts';
import { ExtentHeaderLayout, ExtentTailLayout, extentTailOffset } from '../layout/extent.ts';
import { ExtentBlockSeal } from '../integrity/seals.ts';

/** From now on the block's checksum is stored whenever it leaves memory. */
export function sealTreeBlock(inode: Inode, buffer: BufferHead): void {
  buffer.seal = inode.sb.hasChecksums ? new ExtentBlockSeal(inode.checksumSeed) : null;
}

/** Does et_checksum hold (ext4_extent_block_csum_verify)? The header's `max` was checked already. */
export function treeBlockChecksumMatches(inode: Inode, buffer: BufferHead): boolean {
  const max = buffer.view.getUint16(ExtentHeaderLayout.fields.max.offset, true);
  const stored = ExtentTailLayout.at(buffer.view, extentTailOffset(max)).checksum;
  return stored === extentBlockChecksum(inode.checksumSeed, buffer.data, max);
}
