import { WriteBatch } from '../../buffer/write-batch.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { convertWritten } from '../mapping/convert.ts';
import type { BlockMapping } from '../mapping/map-blocks.ts';
import { allocateBlocks, type ByteRange } from './allocate.ts';

/**
 * What FALLOC_FL_WRITE_ZEROES does with the whole blocks of its range, of which the cache holds nothing: each run gets unwritten
 * blocks where it has none, then zeros, and is written after that, so that nobody ever sees what the blocks held
 * (ext4_alloc_file_blocks with EXT4_GET_BLOCKS_ZERO, as Linux 6.17 got it with message-id 20250619111806.3546162-10: no device here
 * lets the kernel be asked). Fails with ENOSPC, EIO: the runs before stay.
 */
export const writeZeroes = (inode: Inode, whole: ByteRange, newSize: number | null): Sleepable<void> =>
  allocateBlocks(inode, whole, newSize, 'create-unwritten', (mapping) => zeroOut(inode, mapping));

/** ext4_issue_zeroout() and ext4_convert_unwritten_extents(), outside of any handle: nobody waits for the device with one. */
function* zeroOut(inode: Inode, mapping: BlockMapping): Sleepable<void> {
  const { blockSize, device, dataPath } = inode;
  if (dataPath.logsData && !mapping.isNew) yield* forgetLogged(inode, mapping);
  const { logical, physical, length } = mapping;
  const zeros = new Uint8Array(blockSize);
  const batch = new WriteBatch(device, blockSize);
  for (let block = physical; block < physical + length; block++) batch.add(block, zeros);
  yield* batch.finish();
  yield* convertWritten(inode, logical * blockSize, (logical + length) * blockSize);
}

/**
 * What the journal knows of the blocks comes home before the zeros do, and nothing of it is left for recovery to bring back: the
 * kernel asks for neither, and may show old data after a crash. Nobody logs the blocks meanwhile, as the page cache has nothing of
 * them.
 */
function* forgetLogged(inode: Inode, { physical, length }: BlockMapping): Sleepable<void> {
  const { cache, journal } = inode.sb;
  yield* journal.flush();
  for (let block = physical; block < physical + length; block++) cache.drop(block);
}
