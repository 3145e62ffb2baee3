import type { BufferHead } from '../../buffer/buffer-head.ts';
import { Corruption } from '../../lib/corruption.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode, InodeOrigin } from '../inode/inode.ts';
import { EXT4_GOOD_OLD_INODE_SIZE, InodeLayout } from '../layout/inode.ts';
import { EXT4_XATTR_MAGIC, XATTR_LIST_END_BYTES, XattrInodeHeaderLayout } from '../layout/xattr.ts';
import { XattrArea } from './area.ts';
import { checkXattrArea } from './check.ts';

/** The attributes that lie in the tail of an inode, behind i_extra_isize: a magic number, then an area. */

const HEADER_BYTES = XattrInodeHeaderLayout.size;

/** i_extra_isize of an inode with extra fields; an inode in memory may have got some more. */
export const extraSizeOnDisk = (inode: InodeOrigin, { view }: BufferHead): number =>
  view.getUint16(inode.tableOffset + InodeLayout.fields.extraIsize.offset, true);

/** The area, filled or not; null in an inode without room for one (EXT4_INODE_HAS_XATTR_SPACE). */
export function inodeXattrArea(inode: InodeOrigin, table: BufferHead): XattrArea | null {
  const { inodeSize } = inode.sb.geometry;
  if (inodeSize <= EXT4_GOOD_OLD_INODE_SIZE) return null;
  const extra = extraSizeOnDisk(inode, table);
  const used = EXT4_GOOD_OLD_INODE_SIZE + extra;
  if (extra === 0 || used + HEADER_BYTES + XATTR_LIST_END_BYTES > inodeSize) return null;
  const first = inode.tableOffset + used + HEADER_BYTES;
  const bounds = { first, base: first, end: inode.tableOffset + inodeSize };
  return new XattrArea(table.data, table.view, bounds, false);
}

/**
 * Has the inode attributes of its own? Asked when it enters memory (ext4_iget_extra_inode); they are checked then, too.
 * Throws Corruption.
 */
export function hasInodeXattrs(inode: InodeOrigin, table: BufferHead): boolean {
  const area = inodeXattrArea(inode, table);
  if (area === null || area.view.getUint32(area.bounds.first - HEADER_BYTES, true) !== EXT4_XATTR_MAGIC)
    return false;
  checkXattrArea(inode.sb, area, place(inode));
  return true;
}

const place = ({ ino }: InodeOrigin): string => `ext4_xattr_ibody_header of inode ${ino}`;

/** The area of an inode that has attributes, checked; else null. */
export function* readInodeXattrs(inode: Inode): Sleepable<XattrArea | null> {
  if (!inode.xattrsInInode) return null;
  return checkedArea(inode, yield* inode.sb.cache.bread(inode.tableBlock));
}

/** The area of an inode that has attributes. */
export function checkedArea(inode: Inode, table: BufferHead): XattrArea {
  const area = inodeXattrArea(inode, table);
  if (area === null) throw new Corruption(place(inode), 'i_extra_isize', 'too large', 'room for attributes');
  checkXattrArea(inode.sb, area, place(inode));
  return area;
}

/** Notes in the inode and in its header whether there are attributes. */
export function setMagic(inode: Inode, area: XattrArea): void {
  inode.xattrsInInode = !area.isEmpty;
  area.view.setUint32(area.bounds.first - HEADER_BYTES, area.isEmpty ? 0 : EXT4_XATTR_MAGIC, true);
}
