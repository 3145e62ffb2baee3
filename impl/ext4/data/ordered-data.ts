import type { Handle } from '../../jbd2/handle.ts';
import { fail } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { writeMapped } from './writepages.ts';

/**
 * data=ordered: the journal writes the inode's data before it commits a transaction that gave it blocks, so that nobody
 * ever reads what those blocks held before (ext4_jbd2_inode_add_write). With data=writeback that may happen.
 */
export function orderData(handle: Handle, inode: Inode): void {
  if (inode.sb.options.data !== 'ordered') return;
  inode.ordered ??= { owner: inode, writeOrdered: () => writeAndCheck(inode, 0, Infinity) };
  handle.addOrderedInode(inode.ordered);
}

/** The same for bytes [start, end) alone, whatever the mode: they are the only copy of what the file had before. */
export function orderRange(handle: Handle, inode: Inode, start: number, end: number): void {
  handle.addOrderedInode({ owner: inode, writeOrdered: () => writeAndCheck(inode, start, end) });
}

/** The same for the last block of the file, that of byte `position`. */
export function orderTail(handle: Handle, inode: Inode, position: number): void {
  const writeOrdered = (): Sleepable<void> => writeAndCheck(inode, position, position + 1);
  handle.addOrderedInode({ owner: inode, writeOrdered, isTail: true });
}

/** Fails with the error of a write that was lost. */
function* writeAndCheck(inode: Inode, start: number, end: number): Sleepable<void> {
  const before = inode.mapping.failures;
  yield* writeMapped(inode, start, end);
  // The writer has not been told yet: that is left to fsync (filemap_fdatawait_range_keep_errors).
  if (inode.mapping.failures > before) fail('EIO');
}
