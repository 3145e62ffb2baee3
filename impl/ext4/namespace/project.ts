import { fail } from '../../lib/errno.ts';
import { EXT4_PROJINHERIT_FL, type Inode } from '../inode/inode.ts';

/** A directory that hands its project down takes in nothing of another project. Fails with EXDEV. */
export function mustKeepProject(dir: Inode, inode: Inode): void {
  if ((dir.flags & EXT4_PROJINHERIT_FL) !== 0 && dir.project !== inode.project) fail('EXDEV');
}
