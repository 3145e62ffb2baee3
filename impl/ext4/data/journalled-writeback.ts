import type { Handle } from '../../jbd2/handle.ts';
import type { WritebackControl } from '../../mm/address-space-operations.ts';
import type { MkwriteOutcome } from '../../mm/fault.ts';
import type { Folio } from '../../mm/folio.ts';
import { endPage, pageIndex } from '../../mm/page.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';
import type { Inode } from '../inode/inode.ts';
import { damageFails } from '../super/damage.ts';
import { Failure } from '../../lib/errno.ts';
import { logCredits } from './folio-credits.ts';
import { logBlocks, placeAll, placeOf, type LoggedBlocks } from './journalled-data.ts';

/**
 * Stores through mappings, where data goes through the journal. Nobody sees a store that does not fault, so a folio that
 * was made writable is dirty, and what it holds by then is logged when somebody asks for writeback; it is write-protected
 * again meanwhile, so that the next store makes it dirty anew.
 */

/** The end of ext4_page_mkwrite(): blocks without a place get one, and are logged with the zeros of their holes. */
export const mkwriteLogged = (inode: Inode, folio: Folio): Sleepable<MkwriteOutcome> =>
  retryAfterCommit(inode.sb, () => tryMkwriteLogged(inode, folio));

function* tryMkwriteLogged(inode: Inode, folio: Folio): Sleepable<MkwriteOutcome> {
  const handle = yield* inode.sb.journal.start(logCredits(inode));
  try {
    yield* folio.lock();
    try {
      const length = inode.mapping.liveBytes(folio);
      if (length > 0) return yield* logPlaced(handle, inode, folio, length);
    } catch (error) {
      folio.unlock();
      throw error;
    }
    folio.unlock();
    return 'again';
  } finally {
    yield* handle.stop();
  }
}

function* logPlaced(handle: Handle, inode: Inode, folio: Folio, length: number): Sleepable<MkwriteOutcome> {
  const { mapping, blockSize } = inode;
  const blocks: LoggedBlocks = { first: 0, places: [] };
  yield* placeAll(handle, inode, folio, blocks, Math.ceil(length / blockSize));
  yield* logBlocks(handle, inode, folio, blocks);
  mapping.operations.dirtyFolio(mapping, folio);
  return 'locked';
}

/** ext4_writepages() of such a file: dirty folios become part of the running transaction (mpage_journal_page_buffers). */
export function* logDirtyFolios(inode: Inode, control: WritebackControl): Sleepable<void> {
  const { mapping, sb } = inode;
  for (const folio of mapping.range(pageIndex(control.start), endPage(control.end))) {
    if (!folio.dirty || !folio.belongsTo(mapping)) continue;
    try {
      yield* damageFails(sb, () => logFolio(inode, folio));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // What cannot be logged is lost, and fsync says so; dirty for ever it could never be unmounted.
      mapping.clearDirty(folio);
      mapping.setError(error.errno);
    }
    control.budget -= folio.pages;
    if (control.budget <= 0) break;
  }
}

function* logFolio(inode: Inode, folio: Folio): Sleepable<void> {
  const { mapping, blockSize } = inode;
  const handle = yield* inode.sb.journal.start(logCredits(inode));
  try {
    yield* folio.lock();
    try {
      const length = inode.mapping.liveBytes(folio);
      if (length <= 0 || !folio.dirty) return;
      mapping.clearDirty(folio);
      // What was stored behind the end of the file stays out of it.
      folio.data.fill(0, length);
      for (let index = 0; index * blockSize < length; index++) {
        const place = yield* placeOf(inode, folio.position / blockSize + index);
        if (place !== null) yield* logBlocks(handle, inode, folio, { first: index, places: [place] });
      }
    } finally {
      folio.unlock();
    }
  } finally {
    yield* handle.stop();
  }
}
