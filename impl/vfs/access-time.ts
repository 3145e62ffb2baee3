import { markInodeDirty } from '../ext4/inode/inode-table.ts';
import { EXT4_NOATIME_FL, type Inode } from '../ext4/inode/inode.ts';
import { compareTimestamps } from '../ext4/inode/timestamp.ts';
import { Failure } from '../lib/errno.ts';
import { READY, type Sleepable } from '../sched/sleepable.ts';

const DAY_SECONDS = 24 * 60 * 60;

/** Blocks that writing one inode's times changes. */
export const INODE_CREDITS = 2;

/**
 * Notes that an inode was read (touch_atime). With relatime, the default, only when the last access is not after the last
 * change, or a day ago. A failure is the reader's luck, never its error.
 */
export function touchAccessTime(inode: Inode): Sleepable<void> {
  return needsUpdate(inode) ? writeAccessTime(inode) : READY;
}

function* writeAccessTime(inode: Inode): Sleepable<void> {
  const { journal, now } = inode.sb;
  inode.atime = now;
  try {
    const handle = yield* journal.start(INODE_CREDITS);
    try {
      yield* markInodeDirty(handle, inode);
    } finally {
      yield* handle.stop();
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

/** atime_needs_update */
function needsUpdate(inode: Inode): boolean {
  const { options, readOnly, now, freezer } = inode.sb;
  if (options.atime === 'noatime' || readOnly || freezer.frozen || (inode.flags & EXT4_NOATIME_FL) !== 0)
    return false;
  if (options.atime === 'relatime' && !isStale(inode)) return false;
  return compareTimestamps(inode.atime, now) !== 0;
}

/** relatime_need_update */
function isStale({ atime, mtime, ctime, sb }: Inode): boolean {
  if (compareTimestamps(mtime, atime) >= 0 || compareTimestamps(ctime, atime) >= 0) return true;
  return sb.now.seconds - atime.seconds >= DAY_SECONDS;
}
