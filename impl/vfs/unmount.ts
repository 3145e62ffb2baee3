import { syncFileSystem } from '../ext4/data/sync.ts';
import { unmountSuperBlock } from '../ext4/super/mount.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { KernelContext } from './kernel-context.ts';

/** umount(2), when nobody uses anything any more: generic_shutdown_super(). Fails with EIO, EUCLEAN, EBADMSG. */
export function* unmount({ sb, root }: KernelContext): Sleepable<void> {
  try {
    yield* syncFileSystem(sb);
    yield* sb.inodes.put(root);
  } finally {
    yield* unmountSuperBlock(sb);
  }
}
