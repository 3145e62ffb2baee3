import { MemoryDisk } from '../../block/memory-disk.ts';
import { seedFromUuid } from '../integrity/checksum.ts';
import { groupChecksumOf } from '../integrity/group-checksum.ts';
import { EXT4_JOURNAL_INO, I_BLOCK_OFFSET } from '../layout/inode.ts';
import { I_BLOCK_BYTES } from '../inode/inode.ts';
import { writeDirectories, writeJournal, writeOrphanFile, writeResizeTree } from './contents.ts';
import { hasFeature } from '../super/features.ts';
import { newGeometry } from './geometry.ts';
import { copyDescriptors, writeGroups } from './groups.ts';
import { bytesOf, Image } from './image.ts';
import { writeInodes, type InodeWriter } from './inodes.ts';
import { writeMmpBlock } from './mmp.ts';
import type { MkfsOptions } from './options.ts';
import { place } from './placement.ts';
import { writeQuotaFiles } from './quota-contents.ts';
import { writeSuperBlocks } from './super-blocks.ts';

export { MkfsError } from './mkfs-error.ts';
export type { MkfsOptions } from './options.ts';

/**
 * A new ext4, placed as mke2fs -t ext4 places it: the same options give the same blocks, but for the count of kilobytes
 * that mke2fs wrote. Throws MkfsError when the options make no file system.
 */
export function mkfs(options: MkfsOptions): MemoryDisk {
  const geometry = newGeometry(options);
  const placement = place(geometry);
  const disk = new MemoryDisk(options.sizeBytes, undefined, options.pages);
  const image = new Image(disk, geometry.blockSize);
  const seed = hasFeature(geometry.features, 'metadata_csum') ? seedFromUuid(options.uuid) : null;
  const writer: InodeWriter = { image, geometry, placement, seed, now: options.now };
  writeInodes(writer, writeResizeTree(image, geometry, placement));
  writeDirectories(writer);
  writeJournal(image, geometry, placement, options);
  writeMmpBlock(writer);
  writeQuotaFiles(writer);
  writeOrphanFile(writer);
  const totals = writeGroups(writer, groupChecksumOf(geometry.features, seed ?? 0, options.uuid));
  const journalMap = geometry.journalBlocks > 0 ? journalBlockMap(writer) : null;
  writeSuperBlocks(image, { options, geometry, placement, totals, journalMap });
  copyDescriptors(image, geometry);
  image.flush();
  return disk;
}

/** i_block of the journal inode, which the superblock keeps a copy of. */
function journalBlockMap({ image, geometry, placement }: InodeWriter): Uint8Array {
  const index = EXT4_JOURNAL_INO - 1;
  const offset = (index % geometry.inodesPerGroup) * geometry.inodeSize;
  const table = placement.tables[Math.floor(index / geometry.inodesPerGroup)]?.inodeTable ?? 0;
  const block = image.block(table + Math.floor(offset / geometry.blockSize));
  const start = (offset % geometry.blockSize) + I_BLOCK_OFFSET;
  return bytesOf(block).subarray(start, start + I_BLOCK_BYTES);
}
