import type { Handle } from '../../jbd2/handle.ts';
import { EXT4_DIRSYNC_FL, EXT4_SYNC_FL, type Inode } from './inode.ts';

/** Changes that are durable when the call which makes them returns: chattr +S and +D, and the mount options sync and dirsync. */

/** IS_SYNC: contents and attributes of a file. */
export const isSync = ({ flags, sb }: Inode): boolean => (flags & EXT4_SYNC_FL) !== 0 || sb.options.sync;

/** IS_DIRSYNC: names in a directory. */
const isDirSync = (dir: Inode): boolean =>
  isSync(dir) || (dir.flags & EXT4_DIRSYNC_FL) !== 0 || dir.sb.options.dirsync;

/** The handle changes what the inode says, or attributes of it. */
export function honourSync(handle: Handle, inode: Inode): void {
  if (isSync(inode)) handle.sync = true;
}

/** The handle changes names in the directory. */
export function honourDirSync(handle: Handle, dir: Inode): void {
  if (isDirSync(dir) && !dir.sb.options.faults.has('dirsync-forgotten')) handle.sync = true;
}
