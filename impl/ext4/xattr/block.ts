import { Corruption } from '../../lib/corruption.ts';
import { crc32c, crc32cU32 } from '../../lib/crc32c.ts';
import { highHalf, lowHalf, struct, u32 } from '../../lib/struct.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import type { SuperBlock } from '../super/super-block.ts';

const EXT4_XATTR_MAGIC = 0xea020000;

/** struct ext4_xattr_header (fs/ext4/xattr.h). */
const XattrHeaderLayout = struct('ext4_xattr_header', 'little', 32, {
  magic: u32(0x0),
  refcount: u32(0x4),
  blocks: u32(0x8),
  hash: u32(0xc),
  checksum: u32(0x10),
});

const ZERO = new Uint8Array(4);

/** h_checksum: the block's number, then the block with the field as zero (ext4_xattr_block_csum). */
function checksum(sb: SuperBlock, block: number, data: Uint8Array): number {
  const { offset, width } = XattrHeaderLayout.fields.checksum;
  let crc = crc32cU32(crc32cU32(sb.checksumSeed, lowHalf(block)), highHalf(block));
  crc = crc32c(crc, data.subarray(0, offset));
  crc = crc32c(crc, ZERO);
  return crc32c(crc, data.subarray(offset + width));
}

/** The inode gives up its block of extended attributes, which others may share (ext4_xattr_release_block). */
export function* releaseXattrBlock(handle: Handle, inode: Inode): Sleepable<void> {
  const { sb, xattrBlock } = inode;
  const buffer = yield* sb.cache.bread(xattrBlock);
  const header = XattrHeaderLayout.at(buffer.view);
  const structure = `ext4_xattr_header ${xattrBlock}`;
  if (header.magic !== EXT4_XATTR_MAGIC) throw new Corruption(structure, 'magic', header.magic, '0xea020000');
  if (header.refcount === 0) throw new Corruption(structure, 'refcount', 0, 'at least 1');
  if (header.refcount === 1) {
    yield* sb.blockAllocator.free(handle, inode, xattrBlock, 1, { metadata: true });
  } else {
    yield* handle.getWriteAccess(buffer);
    header.refcount--;
    if (sb.hasChecksums) header.checksum = checksum(sb, xattrBlock, buffer.data);
    handle.dirtyMetadata(buffer);
  }
  inode.xattrBlock = 0;
  inode.sectors -= inode.blockSize / 512;
}
