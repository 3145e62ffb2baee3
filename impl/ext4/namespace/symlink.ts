import type { Handle } from '../../jbd2/handle.ts';
import { Corruption } from '../../lib/corruption.ts';
import { fail } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { FAST_BYTES_MAX, isFastSymlink } from '../inode/fast-symlink.ts';
import { EXT4_ENCRYPT_FL, S_IFLNK, type Inode } from '../inode/inode.ts';
import { initBlockMap } from '../mapping/init-map.ts';
import { mapBlocks } from '../mapping/map-blocks.ts';
import { isInline, readInline } from '../inline/inline-data.ts';
import { createNamed, type Owner } from './new-inode.ts';

/** ext4_symlink: the target stands in the inode, or in one block. Fails with ENAMETOOLONG beyond blockSize - 1 bytes. */
export function* createSymlink(
  dir: Inode,
  name: Uint8Array,
  target: Uint8Array,
  owner: Owner,
): Sleepable<void> {
  if (target.length >= dir.sb.geometry.blockSize) fail('ENAMETOOLONG');
  const inode = yield* createNamed(dir, name, S_IFLNK | 0o777, owner, (handle, inode) =>
    fillSymlink(handle, inode, target),
  );
  yield* dir.sb.inodes.put(inode);
}

function* fillSymlink(handle: Handle, inode: Inode, target: Uint8Array): Sleepable<void> {
  inode.links = 1;
  if (target.length <= FAST_BYTES_MAX) inode.data.set(target);
  else yield* writeTarget(handle, inode, target);
  inode.size = inode.diskSize = target.length;
}

/** ext4_init_symlink_block: the block is journalled like metadata. */
function* writeTarget(handle: Handle, inode: Inode, target: Uint8Array): Sleepable<void> {
  initBlockMap(inode);
  const { physical } = yield* mapBlocks(handle, inode, 0, 1, 'create');
  const buffer = inode.sb.cache.getblk(physical);
  yield* handle.getCreateAccess(buffer);
  buffer.data.fill(0);
  buffer.data.set(target);
  buffer.uptodate = true;
  buffer.seal = null;
  buffer.cached = null;
  handle.dirtyMetadata(buffer);
}

/** The target of a symbolic link, a copy (ext4_get_link). Fails with EOPNOTSUPP for an encrypted one. */
export function* readSymlink(inode: Inode): Sleepable<Uint8Array> {
  if ((inode.flags & EXT4_ENCRYPT_FL) !== 0) fail('EOPNOTSUPP');
  const target = yield* readTarget(inode);
  if (target.length > 0 && !target.includes(0)) return target;
  throw new Corruption(`symlink ${inode.ino}`, 'size', inode.size, 'the length of the target');
}

function* readTarget(inode: Inode): Sleepable<Uint8Array> {
  if (isInline(inode)) return (yield* readInline(inode)).slice(0, inode.size);
  return isFastSymlink(inode) ? readFast(inode) : yield* readSlow(inode);
}

function readFast(inode: Inode): Uint8Array {
  checkSize(inode, FAST_BYTES_MAX);
  return inode.data.slice(0, inode.size);
}

function* readSlow(inode: Inode): Sleepable<Uint8Array> {
  const { cache, geometry } = inode.sb;
  checkSize(inode, geometry.blockSize - 1);
  const { physical } = yield* mapBlocks(null, inode, 0, 1, 'lookup');
  if (physical < 0) throw new Corruption(`symlink ${inode.ino}`, 'block 0', 'hole', 'a mapped block');
  const buffer = yield* cache.bread(physical);
  return buffer.data.slice(0, inode.size);
}

function checkSize(inode: Inode, max: number): void {
  if (inode.size <= max) return;
  throw new Corruption(`symlink ${inode.ino}`, 'size', inode.size, `at most ${max}`);
}
