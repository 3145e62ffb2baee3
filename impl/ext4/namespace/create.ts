import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { initializeDirectory } from '../directory/directory.ts';
import { S_IFDIR, S_IFREG, type Inode } from '../inode/inode.ts';
import { fail } from '../../lib/errno.ts';
import { isFullOfDirectories } from './link-count.ts';
import { createNamed } from './new-inode.ts';

/** ext4_create: an empty regular file, with one reference for the caller. `permissions` are the bits 07777. */
export function* createFile(dir: Inode, name: Uint8Array, permissions: number): Sleepable<Inode> {
  return yield* createNamed(dir, name, S_IFREG | permissions, fillFile);
}

function* fillFile(_handle: Handle, inode: Inode): Sleepable<void> {
  inode.links = 1;
}

/** ext4_mkdir. Fails with EMLINK. */
export function* makeDirectory(dir: Inode, name: Uint8Array, permissions: number): Sleepable<void> {
  if (isFullOfDirectories(dir)) fail('EMLINK');
  const inode = yield* createNamed(dir, name, S_IFDIR | permissions, fillDirectory);
  yield* dir.sb.inodes.put(inode);
}

function* fillDirectory(handle: Handle, inode: Inode, dir: Inode): Sleepable<void> {
  inode.links = 2;
  yield* initializeDirectory(handle, inode, dir.ino);
}
