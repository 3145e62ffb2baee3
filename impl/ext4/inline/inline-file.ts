import { blockWriteBegin, blockWriteEnd, writeBuffer, type GetBlock } from '../../buffer/block-write.ts';
import type { BufferHead } from '../../buffer/buffer-head.ts';
import { ensureBuffers } from '../../buffer/folio-buffers.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { present } from '../../lib/assert.ts';
import { grabFolio } from '../../mm/filemap.ts';
import type { Folio } from '../../mm/folio.ts';
import { truncatePages } from '../../mm/truncate.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';
import { logFirstBlock } from '../data/journalled-data.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import type { Inode } from '../inode/inode.ts';
import { blockMapOf } from '../mapping/block-map.ts';
import { mapBlocks } from '../mapping/map-blocks.ts';
import {
  cutInline,
  dropInline,
  fillFolio,
  growInline,
  inlineSize,
  isInline,
  largestInline,
  putInline,
  readInline,
  restoreInline,
} from './inline-data.ts';

/** Regular files whose bytes lie in the inode. The page cache has copies of them, which are never dirty. */

/** Inode, superblock and orphan block. */
const INLINE_CREDITS = 4;

/** The same, and one block in an empty tree with its bitmap and descriptor. */
const CONVERT_CREDITS = INLINE_CREDITS + 4;

/** Fills locked folios, and unlocks them all, also when the inode turns out to be damaged. */
export function* readInlineFolios(inode: Inode, folios: readonly Folio[]): Sleepable<void> {
  try {
    for (const folio of folios) yield* fillFolio(inode, folio);
  } finally {
    for (const folio of folios) folio.unlock();
  }
}

/**
 * Writes into the inode if `length` bytes fit there (ext4_try_to_write_inline_data); answers false when they do not, and the
 * file's bytes then lie in blocks, for ever. `source` may be shorter: memory ends there. Under i_rwsem. Fails with ENOSPC.
 */
export function* tryInlineWrite(
  inode: Inode,
  position: number,
  source: Uint8Array,
  length: number,
): Sleepable<boolean> {
  if (isTooLarge(inode) || position + length > (yield* largestInline(inode))) {
    yield* convertFile(inode);
    return false;
  }
  if (source.length === 0) return true;
  const end = position + source.length;
  const { journal } = inode.sb;
  const handle = yield* journal.start(INLINE_CREDITS);
  try {
    yield* growInline(handle, inode, end);
    if (end > inode.size) inode.size = inode.diskSize = end;
    yield* putInline(handle, inode, position, source);
    inode.dataSyncTid = handle.transaction.tid;
    // A folio that is being filled at this moment will find the new bytes.
    const folio = inode.mapping.find(0);
    if (folio?.uptodate === true) folio.data.set(source, position);
  } finally {
    yield* handle.stop();
  }
  return true;
}

/**
 * Whether an empty file is longer than what is not mapped by extents may be. Linux puts its first bytes into the inode all the same, and
 * refuses to read that inode later (reports/kernel-findings/inline-data-in-a-file-too-large-for-it.md).
 */
const isTooLarge = (inode: Inode): boolean => !isInline(inode) && inode.size > inode.sb.maxIndirectBytes;

/**
 * A written block at once. Linux has a delayed one (ext4_da_convert_inline_data_to_extent), and by its source drops what the inode holds
 * before the data has arrived (ext4_writepages).
 */
class PlaceWritten implements GetBlock {
  readonly #handle: Handle;
  readonly #inode: Inode;

  constructor(handle: Handle, inode: Inode) {
    this.#handle = handle;
    this.#inode = inode;
  }

  attempt(): boolean {
    return false;
  }

  *get(logical: number, buffer: BufferHead): Sleepable<void> {
    const { physical } = yield* mapBlocks(this.#handle, this.#inode, logical, 1, 'create');
    buffer.mapped = true;
    buffer.block = physical;
    buffer.new = true;
  }
}

/**
 * The file's bytes move from the inode to its first block, by way of the page cache
 * (ext4_convert_inline_data_to_extent). Under i_rwsem. Fails with ENOSPC and then has changed nothing.
 */
export function* convertFile(inode: Inode): Sleepable<void> {
  if (isInline(inode)) yield* retryAfterCommit(inode.sb, () => convertOnce(inode));
  inode.mayInline = false;
}

function* convertOnce(inode: Inode): Sleepable<void> {
  const handle = yield* inode.sb.journal.start(CONVERT_CREDITS);
  // Whoever replays a fast commit is told of the block before it is told that the inode has a map at all.
  inode.sb.fastCommits?.tracker.ineligible(handle.transaction.tid, 'map converted');
  try {
    const folio = yield* grabFolio(inode.mapping, 0, 1);
    try {
      yield* moveToFolio(handle, inode, folio);
    } finally {
      folio.unlock();
    }
    yield* markInodeDirty(handle, inode);
  } finally {
    yield* handle.stop();
  }
}

function* moveToFolio(handle: Handle, inode: Inode, folio: Folio): Sleepable<void> {
  const bytes = yield* readInline(inode);
  const length = Math.min(bytes.length, inode.size);
  yield* fillFolio(inode, folio);
  yield* dropInline(handle, inode);
  if (length === 0) return;
  try {
    if (inode.dataPath.logsData) yield* logFirstBlock(handle, inode, folio);
    else yield* writeFirstBlock(handle, inode, folio, length);
  } catch (error) {
    yield* restoreInline(handle, inode, bytes);
    throw error;
  }
}

/**
 * The bytes are on the device before the transaction that takes them out of the inode, whatever the mode: who finds the block written
 * must not see what somebody else left there, and what was synced in the inode must not be lost. Fails with ENOSPC, EIO, and then the
 * inode has no block.
 */
function* writeFirstBlock(handle: Handle, inode: Inode, folio: Folio, length: number): Sleepable<void> {
  const { device, blockSize, mapping } = inode;
  yield* blockWriteBegin(device, folio, blockSize, 0, length, new PlaceWritten(handle, inode));
  blockWriteEnd(mapping, folio, blockSize, 0, length);
  const buffer = present(ensureBuffers(folio, blockSize)[0], 'buffer');
  buffer.dirty = false;
  mapping.clearDirty(folio);
  try {
    yield* writeBuffer(device, buffer, blockSize);
  } catch (error) {
    buffer.mapped = false;
    yield* removeFirstBlock(handle, inode);
    throw error;
  }
  inode.syncTid = inode.dataSyncTid = handle.transaction.tid;
}

function* removeFirstBlock(handle: Handle, inode: Inode): Sleepable<void> {
  yield* inode.dataLock.write();
  try {
    yield* blockMapOf(inode).removeRange(handle, inode, 0, 1);
  } finally {
    inode.dataLock.unlockWrite();
  }
}

/**
 * Do the bytes of a file stay in the inode when it gets this size? Not beyond the room that they have there now, also when the file
 * becomes shorter: one that was large while it was empty has a size beyond its room (ext4_setattr).
 */
export function* staysInline(inode: Inode, size: number): Sleepable<boolean> {
  return size <= (yield* inlineSize(inode));
}

/**
 * The part of setSize for a file whose bytes stay in the inode (ext4_inline_data_truncate). Under i_rwsem and
 * invalidateLock.
 */
export function* setInlineSize(inode: Inode, size: number): Sleepable<void> {
  const handle = yield* inode.sb.journal.start(INLINE_CREDITS);
  try {
    inode.mtime = inode.ctime = inode.sb.now;
    inode.size = inode.diskSize = size;
    yield* cutInline(handle, inode, size);
  } finally {
    yield* handle.stop();
  }
  yield* truncatePages(inode.mapping, size);
}
