import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import type { Inode } from '../inode/inode.ts';
import type { XattrArea } from './area.ts';
import { checkedArea, extraSizeOnDisk, inodeXattrArea } from './inode-area.ts';

/**
 * The area in the tail of an inode, to be changed under `handle`: empty where there were no attributes, null in an inode
 * without room for one. The caller says with setMagic what has become of it, and marks the inode dirty.
 */
export function* changeInodeArea(handle: Handle, inode: Inode): Sleepable<XattrArea | null> {
  const table = yield* inode.sb.cache.bread(inode.tableBlock);
  yield* handle.getWriteAccess(table);
  if (inode.xattrsInInode) return checkedArea(inode, table);
  if (inode.extraSize > 0 && inode.extraSize !== extraSizeOnDisk(inode, table))
    yield* markInodeDirty(handle, inode);
  const area = inodeXattrArea(inode, table);
  if (area === null) return null;
  // What was left behind in the tail of an inode without attributes is no list of them.
  const { first, end } = area.bounds;
  if (area.data.subarray(first, end).some((byte) => byte !== 0)) {
    area.data.fill(0, first, end);
    yield* markInodeDirty(handle, inode);
    return inodeXattrArea(inode, table);
  }
  return area;
}
