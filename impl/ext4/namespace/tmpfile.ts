import type { Sleepable } from '../../sched/sleepable.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { S_IFREG, type Inode } from '../inode/inode.ts';
import { TMPFILE_CREDITS } from './credits.ts';
import { putAll } from '../xattr/release.ts';
import { heritageCredits, heritageOf, newInode, type Owner } from './new-inode.ts';

/**
 * ext4_tmpfile: a regular file without a name, with one reference for the caller. It is an orphan, so that its last
 * reference, or recovery, frees it. `permissions` are the bits 07777. Fails with ENOSPC.
 */
export function* createUnnamed(dir: Inode, permissions: number, owner: Owner): Sleepable<Inode> {
  return yield* retryAfterCommit(dir.sb, () => createOnce(dir, permissions, owner));
}

function* createOnce(dir: Inode, permissions: number, owner: Owner): Sleepable<Inode> {
  const { journal, orphans } = dir.sb;
  const heritage = yield* heritageOf({ dir, name: null }, S_IFREG | permissions, owner);
  const handle = yield* journal.start(TMPFILE_CREDITS + heritageCredits(heritage));
  let inode: Inode | null = null;
  let kept = false;
  try {
    inode = yield* newInode(handle, heritage);
    yield* orphans.add(handle, inode);
    yield* markInodeDirty(handle, inode);
    kept = true;
    return inode;
  } finally {
    yield* handle.stop();
    yield* putAll(heritage.opened);
    if (inode !== null && !kept) yield* dir.sb.inodes.put(inode);
  }
}
