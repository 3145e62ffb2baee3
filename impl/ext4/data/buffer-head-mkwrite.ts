import { blockWriteBegin, blockWriteEnd, type GetBlock } from '../../buffer/block-write.ts';
import { buffersOf } from '../../buffer/folio-buffers.ts';
import { Failure } from '../../lib/errno.ts';
import type { MkwriteOutcome } from '../../mm/fault.ts';
import { writeAndWait } from '../../mm/filemap.ts';
import type { Folio } from '../../mm/folio.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';
import type { Inode } from '../inode/inode.ts';
import { blockMapOf } from '../mapping/block-map.ts';
import { placeCredits } from './folio-credits.ts';
import { abandonNewBlocks, PlaceBlock, PromiseBlock } from './buffer-head-write.ts';

/** Stores through mappings on the buffer_head path: the parts of ext4_page_mkwrite that depend on the table. */

/** block_page_mkwrite(): locks the folio and finds a place, or a promise, for each of its blocks within the file. */
function* mkwriteBlocks(inode: Inode, folio: Folio, getBlock: GetBlock): Sleepable<MkwriteOutcome> {
  yield* folio.lock();
  const { mapping, blockSize } = inode;
  const length = mapping.liveBytes(folio);
  if (length <= 0) {
    folio.unlock();
    return 'again';
  }
  try {
    yield* blockWriteBegin(inode.device, folio, blockSize, 0, length, getBlock);
    blockWriteEnd(mapping, folio, blockSize, 0, length);
    mapping.operations.dirtyFolio(mapping, folio);
    return 'locked';
  } catch (error) {
    abandonNewBlocks(inode, folio);
    folio.unlock();
    throw error;
  }
}

/** With delayed allocation. Where promises are for more than is needed, the blocks get their places, as for a write. */
export function* mkwriteDelayed(inode: Inode, folio: Folio): Sleepable<MkwriteOutcome> {
  try {
    return yield* retryAfterCommit(inode.sb, () => mkwriteBlocks(inode, folio, new PromiseBlock(inode)));
  } catch (error) {
    const overcautious = blockMapOf(inode).promiseBlocks > 1;
    if (!overcautious || !(error instanceof Failure) || error.errno !== 'ENOSPC') throw error;
  }
  for (const mapping of [...inode.sb.inodes.unsyncedMappings]) yield* writeAndWait(mapping, 0, Infinity);
  return yield* mkwritePlaced(inode, folio);
}

/** Without: a folio whose blocks all have places needs no handle. */
export function* mkwritePlaced(inode: Inode, folio: Folio): Sleepable<MkwriteOutcome> {
  yield* folio.lock();
  const { mapping, blockSize } = inode;
  const live = Math.ceil(inode.mapping.liveBytes(folio) / blockSize);
  const buffers = buffersOf(folio);
  if (live > 0 && buffers?.slice(0, live).every((buffer) => buffer.mapped) === true) {
    mapping.operations.dirtyFolio(mapping, folio);
    return 'locked';
  }
  folio.unlock();
  return yield* retryAfterCommit(inode.sb, () => mkwriteInHandle(inode, folio));
}

function* mkwriteInHandle(inode: Inode, folio: Folio): Sleepable<MkwriteOutcome> {
  const handle = yield* inode.sb.journal.start(placeCredits(inode));
  try {
    return yield* mkwriteBlocks(inode, folio, new PlaceBlock(inode, handle));
  } finally {
    yield* handle.stop();
  }
}
