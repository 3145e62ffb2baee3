import { struct, u32, type Overlay } from '../../lib/struct.ts';

export const EXT4_ORPHAN_BLOCK_MAGIC = 0x0b10ca04;

/** struct ext4_orphan_block_tail (fs/ext4/ext4.h): the last 8 bytes of each block of the orphan file. */
export const OrphanBlockTailLayout = struct('ext4_orphan_block_tail', 'little', 8, {
  magic: u32(0x0),
  checksum: u32(0x4),
});

export type RawOrphanBlockTail = Overlay<typeof OrphanBlockTailLayout.fields>;

/** Bytes of ob_entries: __le32 numbers of inodes, from the start of the block on. */
export const ORPHAN_BYTES = 4;

/** Inode numbers that fit in one block (ext4_inodes_per_orphan_block). */
export const orphansPerBlock = (blockSize: number): number =>
  (blockSize - OrphanBlockTailLayout.size) / ORPHAN_BYTES;
