import type { Sleepable } from '../../sched/sleepable.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { EXT4_EA_INODE_FL, isRegular } from '../inode/inode.ts';
import type { MapEdit } from './map-edit.ts';

/**
 * Frees blocks that the file had. Those of directories, symlinks and values of attributes went through the journal, so
 * their return is revoked (get_default_free_blocks_flags).
 */
export function* freeData(edit: MapEdit, start: number, length: number): Sleepable<void> {
  const { handle, inode } = edit;
  const logged = inode.dataPath.logsData || (inode.flags & EXT4_EA_INODE_FL) !== 0;
  const metadata = !isRegular(inode.mode) || logged;
  yield* inode.sb.blockAllocator.free(handle, inode, start, length, { metadata });
}

/**
 * Sees to it that the handle has so many credits; answers whether it was restarted, and dataLock let go for it
 * (ext4_datasem_ensure_credits, ext4_ind_truncate_ensure_credits).
 */
export function* ensureCredits(edit: MapEdit, credits: number): Sleepable<boolean> {
  const { handle, inode } = edit;
  if (handle.hasCredits(credits)) return false;
  if (yield* handle.extend(credits)) return false;
  // What this transaction commits must describe itself, i_blocks included.
  yield* edit.finish();
  yield* markInodeDirty(handle, inode);
  // A commit may need dataLock (through the writeback of ordered data) before it lets anybody start again.
  inode.dataLock.unlockWrite();
  try {
    yield* handle.restart(credits);
  } finally {
    yield* inode.dataLock.write();
  }
  return true;
}
