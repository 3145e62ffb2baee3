import { Failure } from '../../lib/errno.ts';
import { WRITE_EVERYTHING } from '../../mm/address-space-operations.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';

/**
 * ext4_alloc_da_blocks(), the heart of auto_da_alloc: data that waits for its place is written now, so that the commit
 * which makes a new file take an old one's name finds the data, too. Best effort: a failure shows at the next fsync.
 */
export function* allocateDelayed({ mapping, reservedBlocks }: Inode): Sleepable<void> {
  if (reservedBlocks === 0) return;
  try {
    yield* mapping.operations.writepages(mapping, WRITE_EVERYTHING('none'));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}
