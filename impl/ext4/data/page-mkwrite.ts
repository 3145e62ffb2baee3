import { Failure } from '../../lib/errno.ts';
import type { MkwriteOutcome } from '../../mm/fault.ts';
import type { Folio } from '../../mm/folio.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { convertFile } from '../inline/inline-file.ts';
import { EXT4_IMMUTABLE_FL, type Inode } from '../inode/inode.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { compareTimestamps } from '../inode/timestamp.ts';
import { damageFails } from '../super/damage.ts';

/**
 * ext4_page_mkwrite(): a shared mapping is about to store to a folio. The times change, contents leave the inode, and the
 * inode's table sees to it that writeback will find a place. Whatever goes wrong is SIGBUS: there is nobody to tell more.
 */
export function* pageMkwrite(inode: Inode, folio: Folio): Sleepable<MkwriteOutcome> {
  if ((inode.flags & EXT4_IMMUTABLE_FL) !== 0) return 'sigbus';
  yield* inode.sb.freezer.startWrite();
  yield* touchTimes(inode);
  yield* inode.invalidateLock.read();
  try {
    return yield* damageFails(inode.sb, () => mkwriteOf(inode, folio));
  } catch (error) {
    if (error instanceof Failure) return 'sigbus';
    throw error;
  } finally {
    inode.invalidateLock.unlockRead();
  }
}

function* mkwriteOf(inode: Inode, folio: Folio): Sleepable<MkwriteOutcome> {
  inode.sb.health.failInEmergency();
  if (inode.mayInline) yield* convertFile(inode);
  return yield* inode.dataPath.pageMkwrite(inode, folio);
}

/** file_update_time(); whether it succeeds does not matter to the store. */
function* touchTimes(inode: Inode): Sleepable<void> {
  const { now, journal } = inode.sb;
  if (compareTimestamps(inode.mtime, now) === 0 && compareTimestamps(inode.ctime, now) === 0) return;
  try {
    const handle = yield* journal.start(1);
    try {
      inode.mtime = inode.ctime = now;
      yield* markInodeDirty(handle, inode);
    } finally {
      yield* handle.stop();
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}
