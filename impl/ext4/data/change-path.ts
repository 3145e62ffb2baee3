import { fail } from '../../lib/errno.ts';
import { writeAndWait } from '../../mm/filemap.ts';
import { truncateCache } from '../../mm/truncate.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { EXT4_EXTENTS_FL, EXT4_JOURNAL_DATA_FL, isRegular, useDataPath, type Inode } from '../inode/inode.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { migrateToExtents, migrateToPointers } from '../mapping/migrate.ts';
import { chooseDataPath, wantsBufferedIomap } from './aops.ts';
import { dropLoggedBlocks } from './journalled-data.ts';

/** Changes of an inode that lead its bytes another way from now on. The caller holds i_rwsem. */

/**
 * Does the file's data go through the journal (ext4_change_inode_journal_flag)? Where there is no journal nothing changes.
 * Durable when this returns. Fails with EROFS after an abort, EIO.
 */
export function* setJournalData(inode: Inode, on: boolean): Sleepable<void> {
  const { journal } = inode.sb;
  if (!journal.recovers) return;
  if (journal.aborted) fail('EROFS');
  yield* whileUncached(inode, function* () {
    if (!on) {
      // Else replaying the log might put old bytes over what is written past it from now on.
      yield* journal.flush();
      yield* dropLoggedBlocks(inode);
    }
    inode.flags = on ? inode.flags | EXT4_JOURNAL_DATA_FL : inode.flags & ~EXT4_JOURNAL_DATA_FL;
  });
  const handle = yield* journal.start(1);
  try {
    yield* markInodeDirty(handle, inode);
    handle.sync = true;
  } finally {
    yield* handle.stop();
  }
}

/** Is the file mapped by extents? Fails as migrateToExtents and migrateToPointers do. */
export function* setExtents(inode: Inode, on: boolean): Sleepable<void> {
  if (((inode.flags & EXT4_EXTENTS_FL) !== 0) === on) return;
  inode.sb.blockAllocator.discardPreallocation(inode);
  yield* whileUncached(inode, () => (on ? migrateToExtents(inode) : migrateToPointers(inode)));
}

/** Everything is on the device and nothing in the page cache while `change` decides which table there is afterwards. */
function* whileUncached(inode: Inode, change: () => Sleepable<void>): Sleepable<void> {
  const { sb, mapping } = inode;
  yield* inode.invalidateLock.write();
  try {
    if (isRegular(inode.mode)) yield* writeAndWait(mapping, 0, Infinity);
    yield* sb.conversionWork.flush();
    yield* truncateCache(mapping, 0);
    yield* change();
    inode.bufferedIomap = wantsBufferedIomap(sb, inode.mode, inode.flags);
    useDataPath(inode, chooseDataPath(sb, inode.mode, inode.flags, inode.dataPath.dax !== null));
  } finally {
    inode.invalidateLock.unlockWrite();
  }
}
