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

function* commitInode(inode: Inode, dataOnly: boolean): Sleepable<void> {
  const { sb } = inode;
  const tid = dataOnly ? inode.dataSyncTid : inode.syncTid;
  // A commit flushes the device's cache; without one the data written before needs a flush of its own.
  if (sb.journal.isCommitted(tid)) yield* sb.cache.flush();
  else if (sb.fastCommits !== null) yield* sb.fastCommits.commit(tid);
  else yield* sb.journal.waitForCommit(tid);
}
