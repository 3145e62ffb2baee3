import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { EXT4_GOOD_OLD_FIRST_INO, EXT4_GOOD_OLD_INODE_SIZE } from '../layout/inode.ts';
import { EXT4_DYNAMIC_REV, EXT4_GOOD_OLD_REV, type RawSuperBlock } from '../layout/superblock.ts';
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
  toDynamicRevision(raw);
  raw.featureRoCompat |= RO_COMPAT.large_file;
  handle.dirtyMetadata(buffer);
}

/** ext4_update_dynamic_rev(): only from revision 1 on there are features, and a superblock says how its inodes are. */
function toDynamicRevision(raw: RawSuperBlock): void {
  if (raw.revLevel > EXT4_GOOD_OLD_REV) return;
  raw.revLevel = EXT4_DYNAMIC_REV;
  raw.firstIno = EXT4_GOOD_OLD_FIRST_INO;
  raw.inodeSize = EXT4_GOOD_OLD_INODE_SIZE;
}
