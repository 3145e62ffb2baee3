import { PAGE_BYTES } from '../../mm/page.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { EXT4_EXTENTS_FL } from '../inode/inode.ts';
import { maxBytesOf } from '../mapping/block-map.ts';
import { removeBlocks, truncateCredits } from '../mapping/truncate-blocks.ts';
import type { ByteRange } from './allocate.ts';
import { dropWholeBlocks, recordSizeBefore, wholeBlocks, zeroPartialBlocks } from './discard-range.ts';

/**
 * ext4_punch_hole(): the range reads as zeros, and its whole blocks are free. A range that reaches out of the file ends with the
 * page that the file ends in: what lies beyond stays. Under i_rwsem and invalidate_lock. Fails with ENOSPC only when an extent
 * is cut and even the space kept back is used up.
 */
export function* punchHole(inode: Inode, { offset, end }: ByteRange): Sleepable<void> {
  const limit = limitOf(inode);
  if (offset >= inode.size || offset >= limit) return;
  const unit = Math.max(PAGE_BYTES, inode.blockSize);
  const wholeEnd = Math.ceil(inode.size / unit) * unit;
  const range = { offset, end: Math.min(limit, end > inode.size ? wholeEnd : end) };
  yield* recordSizeBefore(inode, range);
  const handle = inode.mapping.faults.has('punch-zeroes-under-handle')
    ? yield* inode.sb.journal.start(truncateCredits(inode))
    : null;
  yield* zeroPartialBlocks(inode, range);
  if (handle !== null) yield* handle.stop();
  yield* dropWholeBlocks(inode, range);
  const blocks = wholeBlocks(inode, range);
  if (blocks.first < blocks.end) yield* removeBlocks(inode, blocks.first, blocks.end);
}

/** Bytes: where holes end. The last block that pointers can reach keeps its place. */
const limitOf = (inode: Inode): number =>
  (inode.flags & EXT4_EXTENTS_FL) !== 0 ? inode.sb.maxFileBytes : maxBytesOf(inode) - inode.blockSize;
