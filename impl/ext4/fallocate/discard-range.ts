import { truncateRange } from '../../mm/truncate.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { growDiskSize } from '../data/disk-size.ts';
import type { Inode } from '../inode/inode.ts';
import type { ByteRange } from './allocate.ts';

/** What comes before blocks in the middle of a file change their meaning. Under i_rwsem and invalidate_lock, without a handle. */

/** The whole blocks of a range: `first` .. `end - 1`, none where `end` is not greater. */
export const wholeBlocks = (inode: Inode, { offset, end }: ByteRange): { first: number; end: number } => ({
  first: Math.ceil(offset / inode.blockSize),
  end: Math.floor(end / inode.blockSize),
});

/**
 * The range will hold nothing that writeback would have to write, and so move i_disksize: it moves now
 * (ext4_update_disksize_before_punch), or a crash would cost what lies behind the range.
 */
export function* recordSizeBefore(inode: Inode, { offset, end }: ByteRange): Sleepable<void> {
  const size = Math.min(inode.size, end);
  if (offset > inode.size || inode.diskSize >= size) return;
  if (inode.sb.options.faults.has('punch-forgets-disk-size')) return;
  const handle = yield* inode.sb.journal.start(1);
  try {
    yield* growDiskSize(handle, inode, size);
  } finally {
    yield* handle.stop();
  }
}

/** The page cache keeps nothing of the whole blocks of the range (ext4_truncate_page_cache_block_range). */
export function* dropWholeBlocks(inode: Inode, range: ByteRange): Sleepable<void> {
  const { first, end } = wholeBlocks(inode, range);
  if (first < end) yield* truncateRange(inode.mapping, first * inode.blockSize, end * inode.blockSize);
}

/** The blocks that the range covers in part keep the rest (ext4_zero_partial_blocks). */
export function* zeroPartialBlocks(inode: Inode, { offset, end }: ByteRange): Sleepable<void> {
  const { blockSize } = inode;
  const stop = Math.min(end, inode.size);
  const headEnd = Math.min(stop, Math.ceil(offset / blockSize) * blockSize);
  if (offset < headEnd) yield* inode.dataPath.zeroPartialBlock(inode, offset, headEnd - offset);
  const tail = Math.max(headEnd, Math.floor(end / blockSize) * blockSize);
  if (tail < stop) yield* inode.dataPath.zeroPartialBlock(inode, tail, stop - tail);
}
