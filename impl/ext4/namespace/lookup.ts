import { fail } from '../../lib/errno.ts';
import { Corruption } from '../../lib/corruption.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { findEntry, parentEntry } from '../directory/directory.ts';
import { encodeName } from '../directory/file-name.ts';
import { EXT4_EA_INODE_FL, isDirectory, type Inode } from '../inode/inode.ts';
import { EXT4_NAME_LEN } from '../layout/directory.ts';

export const ROOT_INO = 2;

/** The bytes of one component of a path. Fails with ENAMETOOLONG beyond 255. */
export function encodeComponent(name: string): Uint8Array {
  const bytes = encodeName(name);
  return bytes.length > EXT4_NAME_LEN ? fail('ENAMETOOLONG') : bytes;
}

/**
 * The inode with this name, with one more reference, or null (ext4_lookup). The caller holds the directory's i_rwsem.
 * Throws Corruption when the name leads to a number that no file can have.
 */
export function* lookup(dir: Inode, name: Uint8Array): Sleepable<Inode | null> {
  const found = yield* findEntry(dir, name);
  if (found === null) return null;
  checkIno(dir, found.ino);
  const inode = yield* dir.sb.inodes.get(found.ino);
  if (inode.links > 0 && (inode.flags & EXT4_EA_INODE_FL) === 0) return inode;
  yield* dir.sb.inodes.put(inode);
  throw new Corruption(`directory ${dir.ino}`, 'inode', found.ino, 'an inode in use');
}

/**
 * The directory that `..` leads to, with one more reference, or null when `dir` was removed. Takes i_rwsem itself. The
 * kernel remembers parents in its dentries; here the disk is asked.
 */
export function* lookupParent(dir: Inode): Sleepable<Inode | null> {
  yield* dir.lock.read();
  let ino: number;
  try {
    if (dir.links === 0) return null;
    ({ ino } = yield* parentEntry(dir));
  } finally {
    dir.lock.unlockRead();
  }
  const parent = yield* dir.sb.inodes.get(ino);
  if (isDirectory(parent.mode)) return parent;
  yield* dir.sb.inodes.put(parent);
  throw new Corruption(`directory ${dir.ino}`, 'inode of ..', ino, 'a directory');
}

/** ext4_valid_inum, and no name may lead back to its own directory. */
function checkIno(dir: Inode, ino: number): void {
  const { firstInode, inodes } = dir.sb.geometry;
  const possible = ino === ROOT_INO || (ino >= firstInode && ino <= inodes);
  if (possible && ino !== dir.ino) return;
  throw new Corruption(
    `directory ${dir.ino}`,
    'inode',
    ino,
    `${firstInode} .. ${inodes}, another than itself`,
  );
}
