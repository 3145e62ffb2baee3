import type { Handle } from '../../jbd2/handle.ts';
import { EXT4_DIRSYNC_FL, EXT4_SYNC_FL, type Inode } from './inode.ts';

/** Changes that are durable when the call which makes them returns: chattr +S and +D. */

/** IS_SYNC: contents and attributes of a file. */
export const isSync = ({ flags }: Inode): boolean => (flags & EXT4_SYNC_FL) !== 0;

/** IS_DIRSYNC: names in a directory. */
const isDirSync = ({ flags }: Inode): boolean => (flags & (EXT4_SYNC_FL | EXT4_DIRSYNC_FL)) !== 0;

/** The handle changes what the inode says, or attributes of it. */
export function honourSync(handle: Handle, inode: Inode): void {
  if (isSync(inode)) handle.sync = true;
}

/** The handle changes names in the directory. */
export function honourDirSync(handle: Handle, dir: Inode): void {
  if (isDirSync(dir)) handle.sync = true;
}
