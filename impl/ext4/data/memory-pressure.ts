import { writeAndWait } from '../../mm/filemap.ts';
import { reclaimFolios } from '../../mm/invalidate.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { SuperBlock } from '../super/super-block.ts';

/**
 * To be called when the page cache holds half of its memory (`pool.pressed()`): writes what is dirty and drops what is clean (balance_dirty_pages and
 * reclaim in one). Called where the kernel may wait for memory: with no handle and no folio lock held.
 */
export function* relievePressure(sb: SuperBlock): Sleepable<void> {
  for (const inode of sb.inodes.all()) reclaimFolios(inode.mapping);
  if (!sb.pool.pressed()) return;
  for (const mapping of [...sb.inodes.unsyncedMappings]) {
    yield* writeAndWait(mapping, 0, Infinity);
    reclaimFolios(mapping);
  }
}
