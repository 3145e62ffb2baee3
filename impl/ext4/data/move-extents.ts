import { readPart } from '../../buffer/block-read.ts';
import { blockWriteEnd } from '../../buffer/block-write.ts';
import { ensureBuffers } from '../../buffer/folio-buffers.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { present } from '../../lib/assert.ts';
import { fail, Failure } from '../../lib/errno.ts';
import { grabFolio } from '../../mm/filemap.ts';
import type { Folio } from '../../mm/folio.ts';
import { PAGE_BYTES } from '../../mm/page.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';
import { MAX_BLOCKS } from '../extents/check-node.ts';
import { findPath, leafOf, nextKey } from '../extents/path.ts';
import { swapCredits, swapExtents, type SwapRange } from '../extents/swap.ts';
import {
  EXT4_APPEND_FL,
  EXT4_EXTENTS_FL,
  EXT4_IMMUTABLE_FL,
  S_ISGID,
  S_ISUID,
  type Inode,
} from '../inode/inode.ts';
import { mapBlocks } from '../mapping/map-blocks.ts';
import { lookupFor } from './aops-buffer-head.ts';
import { orderRange } from './ordered-data.ts';

/**
 * Online defragmentation (ioctl EXT4_IOC_MOVE_EXT, fs/ext4/move_extent.c of Linux 6.18): a file takes the places of a donor, and
 * keeps its contents. What the donor gets for them reads as zeros, as soon as what the page cache has of it is gone.
 */

/** Blocks `start` and on of a file, and `donorStart` and on of its donor. */
export interface BlockMove {
  readonly inode: Inode;
  readonly donor: Inode;
  readonly start: number;
  readonly donorStart: number;
  /** Blocks. */
  readonly length: number;
}

/**
 * ext4_move_extents() of two files; the caller holds i_rwsem of both. Answers how many blocks were moved. Fails with EOPNOTSUPP,
 * EINVAL and EPERM before anything has changed; with ENODATA where the file ends in a hole, EBUSY where something is dirty,
 * ENOSPC, EIO, whatever was moved by then.
 */
export function* moveExtents(move: BlockMove): Sleepable<number> {
  const { inode, donor } = move;
  checkFiles(inode, donor);
  const end = move.start + lengthWithin(move);
  let moved = 0;
  try {
    for (let next = move.start; next < end;) {
      const extent = yield* extentFrom(inode, next);
      if (extent.start > next) {
        next = extent.start;
        continue;
      }
      const perFolio = Math.max(1, PAGE_BYTES / inode.blockSize);
      const length = Math.min(end - next, extent.end - next, perFolio - (next % perFolio));
      const donorStart = move.donorStart + next - move.start;
      moved += yield* moveWithinFolio({ inode, donor, start: next, donorStart, length }, extent.unwritten);
      next += length;
    }
  } finally {
    if (moved > 0) for (const one of [inode, donor]) one.sb.blockAllocator.discardPreallocation(one);
  }
  return moved;
}

/** What Linux 6.18 asks in its order; the iomap path keeps no buffer_heads, in terms of which all of this is done. */
function checkFiles(inode: Inode, donor: Inode): void {
  // Linux asks the first file alone; contents of which nothing is cached could not travel in the cache from the other one either.
  if (inode.dataPath.dax !== null || donor.dataPath.dax !== null) fail('EOPNOTSUPP');
  if (inode.dataPath.logsData || donor.dataPath.logsData) fail('EOPNOTSUPP');
  if ((donor.mode & (S_ISUID | S_ISGID)) !== 0) fail('EINVAL');
  if ((donor.flags & (EXT4_IMMUTABLE_FL | EXT4_APPEND_FL)) !== 0) fail('EPERM');
  if (inode.swapFile || donor.swapFile) fail('ETXTBSY');
  if ((inode.flags & donor.flags & EXT4_EXTENTS_FL) === 0) fail('EOPNOTSUPP');
  if (inode.bufferedIomap || donor.bufferedIomap) fail('EOPNOTSUPP');
  if (inode.size === 0 || donor.size === 0) fail('EINVAL');
}

/** mext_check_arguments(): blocks that lie within both files, or just behind the end of one. Fails with EINVAL. */
function lengthWithin({ inode, donor, start, donorStart, length }: BlockMove): number {
  const perPage = Math.max(1, PAGE_BYTES / inode.blockSize);
  if (start % perPage !== donorStart % perPage) fail('EINVAL');
  if (Math.max(start, donorStart) >= MAX_BLOCKS || length > MAX_BLOCKS) fail('EINVAL');
  if (Math.max(start, donorStart) + length >= MAX_BLOCKS) fail('EINVAL');
  const within = clip(donor, donorStart, clip(inode, start, length));
  return within > 0 ? within : fail('EINVAL');
}

/** As in the kernel, one block more than the file has is none too many, and no blocks from the first on are all of them. */
function clip({ size, blockSize }: Inode, start: number, length: number): number {
  const end = Math.ceil(size / blockSize);
  if (end <= start) return 0;
  const last = start + length - 1;
  return last < 0 || end < last ? end - start : length;
}

interface FoundExtent {
  readonly start: number;
  readonly end: number;
  readonly unwritten: boolean;
}

/** The rest, from block `at` on, of the extent that holds it, else the next one. Fails with ENODATA: there is none. */
function* extentFrom(inode: Inode, at: number): Sleepable<FoundExtent> {
  yield* inode.dataLock.read();
  try {
    const path = yield* findPath(inode, at);
    const { node, slot } = leafOf(path);
    if (node.count === 0) fail('ENODATA');
    const extent = node.extent(Math.max(0, slot));
    const end = extent.logical + extent.length;
    if (end > at) return { start: Math.max(at, extent.logical), end, unwritten: extent.unwritten };
    const next = nextKey(path);
    if (next === MAX_BLOCKS) fail('ENODATA');
    return { start: next, end: next, unwritten: false };
  } finally {
    inode.dataLock.unlockRead();
  }
}

/** Attempts that wait for a commit, which may write what is dirty. */
const BUSY_RETRIES = 4;

/** move_extent_per_page(): blocks of one extent that lie in one folio. Answers how many were moved. */
function* moveWithinFolio(move: BlockMove, unwritten: boolean): Sleepable<number> {
  const { sb } = move.inode;
  for (let tries = 0; ; tries++) {
    try {
      return yield* retryAfterCommit(sb, () => tryToMove(move, unwritten));
    } catch (error) {
      const busy = error instanceof Failure && error.errno === 'EBUSY';
      if (!busy || tries >= BUSY_RETRIES || !sb.journal.recovers) throw error;
    }
    if (!(yield* sb.journal.forceCommit())) fail('EBUSY');
  }
}

function* tryToMove(move: BlockMove, unwritten: boolean): Sleepable<number> {
  const { inode, donor, length } = move;
  const handle = yield* inode.sb.journal.start(swapCredits(inode, donor, length));
  try {
    inode.sb.fastCommits?.tracker.ineligible(handle.transaction.tid, 'extents moved');
    const [folio, donorFolio] = yield* lockFolios(move);
    try {
      return yield* moveUnderLocks(handle, move, folio, donorFolio, unwritten);
    } finally {
      folio.unlock();
      donorFolio.unlock();
    }
  } finally {
    yield* handle.stop();
  }
}

/** mext_folio_double_lock(): that of the lower inode first. Neither is on its way to the device. */
function* lockFolios({ inode, donor, start, donorStart }: BlockMove): Sleepable<readonly [Folio, Folio]> {
  const grab = (of: Inode, block: number): Sleepable<Folio> =>
    grabFolio(of.mapping, block * of.blockSize, of.blockSize);
  const inodeFirst = inode.ino < donor.ino;
  const first = inodeFirst ? yield* grab(inode, start) : yield* grab(donor, donorStart);
  try {
    const second = inodeFirst ? yield* grab(donor, donorStart) : yield* grab(inode, start);
    yield* first.waitForWriteback();
    yield* second.waitForWriteback();
    return inodeFirst ? [first, second] : [second, first];
  } catch (error) {
    first.unlock();
    throw error;
  }
}

/**
 * Contents travel in the cache: they are read before the exchange, and written to the new places after it. Blocks that are unwritten in
 * both files have none: they stay unwritten in their new places. The extent was looked at before the folios were locked, and writeback
 * may have made written what was not (mext_check_coverage), so that is asked again here.
 */
function* moveUnderLocks(
  handle: Handle,
  move: BlockMove,
  folio: Folio,
  donorFolio: Folio,
  unwritten: boolean,
): Sleepable<number> {
  const { inode, start, length } = move;
  if (unwritten) {
    const moved = yield* underDataLocks(move, () => swapUnwritten(handle, move, folio, donorFolio));
    if (moved !== null) return moved;
  }
  const { blockSize } = inode;
  const offset = start * blockSize - folio.position;
  yield* readPart(inode.device, folio, blockSize, offset, length * blockSize, lookupFor(inode));
  releaseBoth(folio, donorFolio);
  const moved = yield* underDataLocks(move, () => swapExtents(handle, swapRange(move)));
  if (moved === 0) return moved;
  yield* dirtyNewPlaces(inode, folio, start, length);
  const position = folio.position + offset;
  orderRange(handle, inode, position, position + length * blockSize);
  return moved;
}

/** Answers null where something is written, so that contents have to be moved, too. The caller holds dataLock of both. */
function* swapUnwritten(
  handle: Handle,
  move: BlockMove,
  folio: Folio,
  donorFolio: Folio,
): Sleepable<number | null> {
  const { inode, donor, start, donorStart, length } = move;
  if (!(yield* isUnwritten(inode, start, length)) || !(yield* isUnwritten(donor, donorStart, length)))
    return null;
  releaseBoth(folio, donorFolio);
  return yield* swapExtents(handle, swapRange(move));
}

/** mext_check_coverage(): no extent of these blocks is written. As in the kernel, a hole counts as what lies before it. */
function* isUnwritten(inode: Inode, start: number, length: number): Sleepable<boolean> {
  for (let at = start; at < start + length;) {
    const { node, slot } = leafOf(yield* findPath(inode, at));
    if (node.count === 0) fail('ENODATA');
    const extent = node.extent(Math.max(0, slot));
    if (!extent.unwritten) return false;
    at += extent.length;
  }
  return true;
}

/** Nothing of the old places is remembered. Fails with EBUSY where something is dirty. */
function releaseBoth(folio: Folio, donorFolio: Folio): void {
  for (const one of [folio, donorFolio])
    if (one.dirty || !present(one.mapping, 'file').operations.releaseFolio(one)) fail('EBUSY');
}

const swapRange = ({ inode, donor, start, donorStart, length }: BlockMove): SwapRange => ({
  left: inode,
  leftStart: start,
  right: donor,
  rightStart: donorStart,
  length,
});

function* underDataLocks<T>({ inode, donor }: BlockMove, work: () => Sleepable<T>): Sleepable<T> {
  const [first, second] = inode.ino < donor.ino ? [inode, donor] : [donor, inode];
  yield* first.dataLock.write();
  yield* second.dataLock.write();
  try {
    return yield* work();
  } finally {
    second.dataLock.unlockWrite();
    first.dataLock.unlockWrite();
  }
}

/**
 * The buffers of the blocks say where those are now (ext4_get_block for each), and take their contents there. An unwritten one has no
 * contents: Linux makes it dirty, too, and forgets that when it writes, because the buffer is not mapped (ext4_bio_write_folio).
 */
function* dirtyNewPlaces(inode: Inode, folio: Folio, start: number, length: number): Sleepable<void> {
  const { blockSize } = inode;
  const buffers = ensureBuffers(folio, blockSize);
  for (let block = start; block < start + length; block++) {
    const found = yield* mapBlocks(null, inode, block, 1, 'lookup');
    if (found.type !== 'written') continue;
    const index = block - folio.position / blockSize;
    const buffer = present(buffers[index], 'buffer');
    buffer.mapped = true;
    buffer.block = found.physical;
    blockWriteEnd(inode.mapping, folio, blockSize, index * blockSize, blockSize);
  }
}
