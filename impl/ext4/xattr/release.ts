import type { BufferHead } from '../../buffer/buffer-head.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import type { Inode } from '../inode/inode.ts';
import type { XattrArea } from './area.ts';
import { blockArea, blockHeader, forgetBlock, readXattrBlock, rememberBlock } from './block.ts';
import { COUNT_CREDITS, hasValueInodes } from './credits.ts';
import { checkedArea } from './inode-area.ts';
import { changeCount, openValueInode } from './value-inode.ts';

/** Attributes go: with their inode, or because it has found a better block. */

/** Credits to give up a block: itself, bitmap, descriptor. */
export const RELEASE_CREDITS = 3;

/**
 * The inode gives up `buffer`, its block until now: one reference less, or it is freed (ext4_xattr_release_block). Value
 * inodes that nobody needs any more go to `dropped`; the caller puts them when the handle has stopped. The caller sets
 * inode.xattrBlock.
 */
export function* releaseXattrBlock(
  handle: Handle,
  inode: Inode,
  buffer: BufferHead,
  dropped: Inode[],
): Sleepable<void> {
  const { sb } = inode;
  yield* handle.getWriteAccess(buffer);
  const header = blockHeader(buffer);
  if (header.refcount !== 1) {
    // A count of 0 is wrong: somebody else may have the block, so nobody frees it.
    header.refcount = Math.max(0, header.refcount - 1);
    rememberBlock(sb, buffer);
    handle.dirtyMetadata(buffer);
  } else {
    forgetBlock(sb, buffer);
    if (hasValueInodes(sb)) yield* dropValueInodes(handle, inode, buffer, blockArea(buffer), dropped);
    yield* sb.blockAllocator.free(handle, inode, buffer.block, 1, { metadata: true });
  }
  inode.sectors -= inode.clusterSectors;
}

/**
 * Every entry with an external value lets go of it, each in one transaction with the change of the entry in `buffer`
 * (ext4_xattr_inode_dec_ref_all). The handle is restarted when its credits run out.
 */
function* dropValueInodes(
  handle: Handle,
  owner: Inode,
  buffer: BufferHead,
  area: XattrArea,
  dropped: Inode[],
): Sleepable<void> {
  for (const entry of area.entries()) {
    if (entry.valueInode === 0) continue;
    yield* ensureCredits(handle);
    const value = yield* openValueInode(owner, entry);
    dropped.push(value);
    yield* changeCount(handle, value, -1);
    yield* handle.getWriteAccess(buffer);
    entry.valueInode = entry.valueSize = 0;
    if (area.isBlock) handle.dirtyMetadata(buffer);
    else yield* markInodeDirty(handle, owner);
  }
}

/** For one value, and for the rest of what frees an inode. */
function* ensureCredits(handle: Handle): Sleepable<void> {
  const wanted = COUNT_CREDITS + DELETE_CREDITS;
  if (handle.hasCredits(wanted) || (yield* handle.extend(COUNT_CREDITS))) return;
  yield* handle.restart(wanted);
}

/** What follows the last attribute when an inode is freed: see FREE_INODE_CREDITS of the inode cache. */
const DELETE_CREDITS = 8 + RELEASE_CREDITS;

/** Has the inode attributes that must be let go of before it is freed? */
export const holdsXattrs = (inode: Inode): boolean => inode.xattrBlock !== 0 || inode.xattrsInInode;

/** An inode that is about to be freed lets go of all its attributes (ext4_xattr_delete_inode). */
export function* deleteXattrs(handle: Handle, inode: Inode, dropped: Inode[]): Sleepable<void> {
  const { sb } = inode;
  if (inode.xattrsInInode && hasValueInodes(sb)) {
    const table = yield* sb.cache.bread(inode.tableBlock);
    yield* dropValueInodes(handle, inode, table, checkedArea(inode, table), dropped);
  }
  if (inode.xattrBlock === 0) return;
  yield* releaseXattrBlock(handle, inode, yield* readXattrBlock(inode), dropped);
  inode.xattrBlock = 0;
  yield* markInodeDirty(handle, inode);
}

/** Lets go of inodes that were opened under a handle; without a handle. */
export function* putAll(inodes: Inode[]): Sleepable<void> {
  for (let inode = inodes.pop(); inode !== undefined; inode = inodes.pop()) yield* inode.sb.inodes.put(inode);
}
