import { writeAndWait } from '../../mm/filemap.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { isRegular, type Inode } from '../inode/inode.ts';

/**
 * ext4_sync_file(): the file's data is on the device, and the transaction that carries its metadata is committed; for
 * fdatasync only what is needed to read the data back. Fails with the error of a write that was lost.
 */
export function* fsyncInode(inode: Inode, dataOnly: boolean): Sleepable<void> {
  const { mapping, sb } = inode;
  sb.health.failInEmergency();
  if (sb.readOnly) return;
  const seen = mapping.errorSequence;
  if (isRegular(inode.mode)) yield* writeAndWait(mapping, 0, Infinity);
  const tid = dataOnly ? inode.dataSyncTid : inode.syncTid;
  // A commit flushes the device's cache; without one the data written above needs a flush of its own.
  if (sb.journal.isCommitted(tid)) yield* sb.cache.flush();
  else if (sb.fastCommits !== null) yield* sb.fastCommits.commit(tid);
  else yield* sb.journal.waitForCommit(tid);
  mapping.checkError(seen);
}
