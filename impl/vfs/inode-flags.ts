import { EXT4_APPEND_FL, EXT4_IMMUTABLE_FL, type Inode } from '../ext4/inode/inode.ts';
import { fail } from '../lib/errno.ts';

/** IS_APPEND or IS_IMMUTABLE: such a file keeps its names and attributes. Fails with EPERM. */
export function refuseChange(inode: Inode): void {
  if ((inode.flags & (EXT4_APPEND_FL | EXT4_IMMUTABLE_FL)) !== 0) fail('EPERM');
}

export const isImmutable = (inode: Inode): boolean => (inode.flags & EXT4_IMMUTABLE_FL) !== 0;

export const isAppendOnly = (inode: Inode): boolean => (inode.flags & EXT4_APPEND_FL) !== 0;
