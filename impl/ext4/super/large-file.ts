import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { RO_COMPAT } from './features.ts';
import type { SuperBlock } from './super-block.ts';

/** Bytes: a larger file needs the feature large_file. */
export const LARGE_FILE_BYTES = 0x7fffffff;

/**
 * Switches large_file on in the handle's transaction when the first file outgrows 31 bits, as ext4_do_update_inode does.
 * Where the transaction has no room for the superblock, the next update of the inode tries again.
 */
export function* ensureLargeFile(handle: Handle, sb: SuperBlock): Sleepable<void> {
  const { raw, buffer } = sb;
  if ((raw.featureRoCompat & RO_COMPAT.large_file) !== 0) return;
  if (!(yield* handle.extend(1))) return;
  yield* handle.getWriteAccess(buffer);
  sb.fastCommits?.tracker.ineligible(handle.transaction.tid, 'super block changed');
  raw.featureRoCompat |= RO_COMPAT.large_file;
  handle.dirtyMetadata(buffer);
}
