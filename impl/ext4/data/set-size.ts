import { fail } from '../../lib/errno.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { writeAndWait } from '../../mm/filemap.ts';
import { extendPages, truncatePages } from '../../mm/truncate.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { zeroBeyondEnd } from './write-checks.ts';
import { writeMapped } from './writepages.ts';
import { isInline } from '../inline/inline-data.ts';
import { convertFile, setInlineSize, staysInline } from '../inline/inline-file.ts';
import type { Inode } from '../inode/inode.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { isSync } from '../inode/sync-flags.ts';
import { maxBytesOf } from '../mapping/block-map.ts';
import { hasNothingBeyond, truncateBlocks } from '../mapping/truncate-blocks.ts';

/** Inode, superblock and orphan block. */
const SET_SIZE_CREDITS = 6;

/**
 * The part of ext4_setattr that changes i_size, to 0 .. maxBytesOf(inode). Under i_rwsem, which the caller holds. Modification
 * and change time become now: the kernel does so even when the size stays. Fails with EROFS in an emergency, EFBIG, ETXTBSY.
 */
export function* setSize(inode: Inode, size: number): Sleepable<void> {
  // Before anything is zeroed: on the iomap path zeros reach the disk without a handle that could refuse.
  inode.sb.health.failInEmergency();
  if (size > maxBytesOf(inode)) fail('EFBIG');
  const shrinks = size <= inode.size;
  // inode_newsize_ok(): what is cut off could be given to somebody else.
  if (shrinks && inode.swapFile) fail('ETXTBSY');
  if (isInline(inode) && !(yield* staysInline(inode, size))) yield* convertFile(inode);
  yield* inode.invalidateLock.write();
  try {
    if (isInline(inode)) return yield* setInlineSize(inode, size);
    if (size > inode.size) yield* zeroBeyondEnd(inode, size);
    if (size < inode.size) yield* beforeShrinking(inode, size);
    const oldSize = inode.size;
    const tail = Math.min(oldSize, size);
    if (zeroesTail(inode, tail)) yield* inode.dataPath.tail.settle(inode, tail);
    yield* recordSize(inode, size);
    // Once more: somebody may have stored there before the size moved.
    if (size > oldSize) yield* extendPages(inode.mapping, oldSize, size);
    yield* truncatePages(inode.mapping, size);
    // A file that grows keeps what fallocate(2) gave it beyond its end, and is not waited for.
    if (shrinks) {
      yield* truncateBlocks(inode);
      if (isSync(inode)) yield* inode.sb.journal.waitForCommit(inode.syncTid);
    }
    if (size === 0) inode.allocateOnClose = true;
  } finally {
    inode.invalidateLock.unlockWrite();
  }
}

/** Part of a block behind the smaller end was zeroed. */
const zeroesTail = ({ blockSize, sb }: Inode, end: number): boolean =>
  end % blockSize !== 0 && !sb.options.faults.has('truncate-forgets-tail');

/** What must happen while the old size is still there. */
const beforeShrinking = (inode: Inode, size: number): Sleepable<void> =>
  inode.mapping.faults.has('truncate-writes-unzeroed-tail')
    ? writeAndWait(inode.mapping, 0, Infinity)
    : zeroTail(inode, size);

/** The new last block keeps nothing behind the new end (ext4_block_truncate_page). */
function* zeroTail(inode: Inode, size: number): Sleepable<void> {
  const tail = size % inode.blockSize;
  if (tail === 0) return;
  const length = Math.min(inode.blockSize - tail, inode.size - size);
  yield* inode.dataPath.zeroPartialBlock(inode, size, length);
}

/**
 * A handle to change the size with. Where the transaction before it commits at this moment and names blocks behind the smaller end, their bytes
 * must reach the disk first, for they leave memory (jbd2_journal_begin_ordered_truncate, which Linux asks before it has the handle).
 */
function* startSettingSize(inode: Inode, size: number): Sleepable<Handle> {
  const { journal } = inode.sb;
  for (let written: number | null = null; ;) {
    const handle = yield* journal.start(SET_SIZE_CREDITS);
    const tid = size < inode.size ? journal.committingDataOf(inode) : null;
    if (tid === null || tid === written) return handle;
    yield* handle.stop();
    yield* writeMapped(inode, size);
    written = tid;
  }
}

/** i_size and i_disksize move together; a shrinking file is an orphan until its blocks are gone. */
function* recordSize(inode: Inode, size: number): Sleepable<void> {
  const { sb } = inode;
  const tail = Math.min(inode.size, size);
  const handle = yield* startSettingSize(inode, size);
  try {
    if (size < inode.size && !hasNothingBeyond(inode, size)) yield* sb.orphans.add(handle, inode);
    const keepsTimes = size > inode.size && inode.mapping.faults.has('truncate-up-keeps-times');
    if (!keepsTimes) inode.mtime = inode.ctime = sb.now;
    yield* inode.dataLock.write();
    inode.size = inode.diskSize = size;
    inode.dataLock.unlockWrite();
    yield* markInodeDirty(handle, inode);
    if (zeroesTail(inode, tail)) inode.dataPath.tail.order(handle, inode, tail);
  } finally {
    yield* handle.stop();
  }
}
