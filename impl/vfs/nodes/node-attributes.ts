import type { Inode } from '../../ext4/inode/inode.ts';
import type { Timestamp } from '../../ext4/inode/timestamp.ts';
import { attributes } from '../query-calls.ts';
import type { Stat } from '../types.ts';

/** What statx(2) tells. */
export interface NodeAttributes extends Stat {
  /** The time when the inode was made (stx_btime); 1970 where old inodes have no room for it. */
  readonly born: Timestamp;
  /** st_blksize, bytes. */
  readonly blockSize: number;
}

/** An answer that tells of an inode: `forget` takes it back. */
export interface NodeEntry {
  readonly node: number;
  /** Tells one file with this number from the next (i_generation). */
  readonly generation: number;
  readonly attributes: NodeAttributes;
}

/** Field by field: every look-up is answered so, and the engine is slow at spreading what has one of two shapes. */
export function attributesOf(inode: Inode): NodeAttributes {
  const { ino, type, mode, links, uid, gid, size, sectors, atime, mtime, ctime, device } = attributes(inode);
  const { blockSize } = inode.sb.geometry;
  const born = inode.crtime;
  const known = { ino, type, mode, links, uid, gid, size, sectors, atime, mtime, ctime, born, blockSize };
  return device === undefined ? known : { ...known, device };
}
