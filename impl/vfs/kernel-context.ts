import type { Inode } from '../ext4/inode/inode.ts';
import type { SuperBlock } from '../ext4/super/super-block.ts';
import { fail } from '../lib/errno.ts';
import { Mutex } from '../sched/lock.ts';
import type { LockClass } from '../sched/task.ts';
import { FileTable } from './open-file.ts';
import { superuser, type Credentials } from './permission/credentials.ts';

/** s_vfs_rename_mutex: at most one rename at a time moves something from one directory to another. Before any i_rwsem. */
const RENAME_MUTEX: LockClass = { name: 's_vfs_rename_mutex', rank: 5, nests: false };

/** What a system call works with: the mounted file system and the one process that uses it. */
export class KernelContext {
  readonly sb: SuperBlock;
  /** The root directory, held for the life of the mount; every path starts here. */
  readonly root: Inode;
  readonly files = new FileTable();
  /** Who makes the calls that start from now on. */
  caller: Credentials = superuser();
  readonly renameMutex: Mutex;
  /** fs.protected_hardlinks of sysctl: only the owner links what others could misuse. */
  readonly protectedHardlinks: boolean;

  constructor(sb: SuperBlock, root: Inode, protectedHardlinks: boolean) {
    this.protectedHardlinks = protectedHardlinks;
    this.sb = sb;
    this.root = root;
    this.renameMutex = new Mutex(sb.scheduler, RENAME_MUTEX);
  }

  /** mnt_want_write(): fails with EROFS. */
  wantWrite(): void {
    if (this.sb.readOnly) fail('EROFS');
  }
}
