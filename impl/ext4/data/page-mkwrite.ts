import { Failure } from '../../lib/errno.ts';
import type { MkwriteOutcome } from '../../mm/fault.ts';
import type { Folio } from '../../mm/folio.ts';
import { whileValid } from '../../mm/invalidate-lock.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { convertFile } from '../inline/inline-file.ts';
import { EXT4_IMMUTABLE_FL, type Inode } from '../inode/inode.ts';
import { damageFails } from '../super/damage.ts';
import { recordModified } from './write-checks.ts';

/**
 * ext4_page_mkwrite(): a shared mapping is about to store to a folio. The times change, contents leave the inode, and the
 * inode's table sees to it that writeback will find a place. Whatever goes wrong is SIGBUS: there is nobody to tell more.
 */
export function* pageMkwrite(inode: Inode, folio: Folio): Sleepable<MkwriteOutcome> {
  if ((inode.flags & EXT4_IMMUTABLE_FL) !== 0) return 'sigbus';
  yield* inode.sb.freezer.startWrite();
  yield* touchTimes(inode);
  try {
    return yield* whileValid(inode.mapping, () => damageFails(inode.sb, () => mkwriteOf(inode, folio)));
  } catch (error) {
    if (error instanceof Failure) return 'sigbus';
    throw error;
  }
}

function* mkwriteOf(inode: Inode, folio: Folio): Sleepable<MkwriteOutcome> {
  inode.sb.health.failInEmergency();
  if (inode.mayInline) yield* convertFile(inode);
  return yield* inode.dataPath.pageMkwrite(inode, folio);
}

/** Whether the times can be recorded does not matter to the store. */
export function* touchTimes(inode: Inode): Sleepable<void> {
  try {
    yield* recordModified(inode);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}
