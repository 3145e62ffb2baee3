import { Failure } from '../../lib/errno.ts';
import { writeAndWait } from '../../mm/filemap.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { SuperBlock } from '../super/super-block.ts';

/**
 * sync(2): all dirty data reaches the device, then everything that runs in the journal is committed (ext4_sync_fs). It does
 * not fail: what could not be written is for fsync to report.
 */
export function* syncFileSystem(sb: SuperBlock): Sleepable<void> {
  if (sb.readOnly || sb.health.emergency) return;
  for (const mapping of [...sb.inodes.unsyncedMappings])
    yield* unfailing(() => writeAndWait(mapping, 0, Infinity));
  yield* sb.conversionWork.flush();
  yield* unfailing(() => commitAll(sb));
}

function* commitAll(sb: SuperBlock): Sleepable<void> {
  const { journal } = sb;
  const flushes = journal.willFlush(journal.newestTid);
  yield* journal.forceCommit();
  if (!flushes) yield* sb.cache.flush();
}

function* unfailing(body: () => Sleepable<void>): Sleepable<void> {
  try {
    yield* body();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

/**
 * /proc/sys/vm/drop_caches: clean folios and metadata blocks leave memory (`echo 1`), or inodes that nobody uses (`echo 2`),
 * or both. Linux keeps a block that somebody holds (b_count). Here nobody counts, and whoever is in the middle of a call may hold any:
 * a block that left memory and is read anew would be there twice, and what he changes in his would be lost. So they stay then.
 */
export function dropCaches(sb: SuperBlock, what: 'pages' | 'inodes' | 'both'): void {
  if (what !== 'inodes') {
    sb.inodes.dropPages();
    if (sb.scheduler.isAlone) sb.cache.shrink();
  }
  if (what !== 'pages') sb.inodes.dropUnused();
}
