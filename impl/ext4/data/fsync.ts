import { writeAndWait } from '../../mm/filemap.ts';
import type { ErrorWatcher } from '../../mm/error-sequence.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { isRegular, type Inode } from '../inode/inode.ts';

/** What must be durable: bytes [start, end) of the data, and of the metadata all of it or what reading those needs. */
export interface SyncRange {
  readonly start: number;
  readonly end: number;
  readonly dataOnly: boolean;
}

/**
 * ext4_sync_file(): the file's data is on the device, and the transaction that carries its metadata is committed; for
 * fdatasync only what is needed to read the data back. Fails with the error of a write that was lost, once for each open
 * file (`watcher`), and then commits nothing.
 */
export function* fsyncInode(
  inode: Inode,
  { start, end, dataOnly }: SyncRange,
  watcher: ErrorWatcher,
): Sleepable<void> {
  const { mapping, sb } = inode;
  sb.health.failInEmergency();
  if (!sb.readOnly) {
    if (isRegular(inode.mode)) yield* writeAndWait(mapping, start, end);
    mapping.reportError(watcher);
    yield* commitInode(inode, dataOnly);
  }
  mapping.reportError(watcher);
}

/**
 * ext4_fsync_journal(). What a directory holds is told by other blocks than its inode, and a fast commit says nothing of it alone: for
 * whatever is no regular file, everything that runs is committed, and in full.
 */
function* commitInode(inode: Inode, dataOnly: boolean): Sleepable<void> {
  const { journal, options, cache } = inode.sb;
  const regular = isRegular(inode.mode) || options.faults.has('directory-synced-like-a-file');
  const fastCommits = regular ? inode.sb.fastCommits : null;
  const tid = !regular ? journal.newestTid : dataOnly ? inode.dataSyncTid : inode.syncTid;
  const committed = journal.isCommitted(tid);
  // A commit flushes the device's cache. Data that is written when that is over, or under way, needs a flush of its own.
  const flushes = options.faults.has('fsync-trusts-flush-under-way') ? !committed : journal.willFlush(tid);
  if (!committed) yield* fastCommits === null ? journal.waitForCommit(tid) : fastCommits.commit(tid);
  if (!flushes) yield* cache.flush();
}
