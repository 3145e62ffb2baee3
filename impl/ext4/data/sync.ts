import { writeAndWait } from '../../mm/filemap.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { SuperBlock } from '../super/super-block.ts';

/** sync(2): all dirty data reaches the device, then everything that runs in the journal is committed (ext4_sync_fs). */
export function* syncFileSystem(sb: SuperBlock): Sleepable<void> {
  if (sb.readOnly) return;
  for (const mapping of [...sb.inodes.dirtyMappings]) yield* writeAndWait(mapping, 0, Infinity);
  yield* sb.conversionWork.flush();
  const committed = yield* sb.journal.forceCommit();
  if (!committed) yield* sb.cache.flush();
}

/** echo 3 > /proc/sys/vm/drop_caches: clean folios, inodes that nobody uses, and clean metadata blocks leave memory. */
export function* dropCaches(sb: SuperBlock): Sleepable<void> {
  yield* sb.inodes.dropUnused();
  sb.cache.shrink();
}
