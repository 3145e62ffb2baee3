import { Corruption } from '../../lib/corruption.ts';
import {
  EXT4_XATTR_SIZE_MAX,
  XATTR_LIST_END_BYTES,
  xattrEntryBytes,
  xattrValueBytes,
  type RawXattrEntry,
} from '../layout/xattr.ts';
import { EXT4_ROOT_INO } from '../layout/inode.ts';
import { INCOMPAT } from '../super/features.ts';
import type { SuperBlock } from '../super/super-block.ts';
import type { XattrArea } from './area.ts';

/**
 * Checks a list of attributes from the disk (check_xattrs): afterwards a walk stays inside the area and ends, and every
 * value lies behind the list. `place` names the area in a finding.
 */
export function checkXattrArea(sb: SuperBlock, area: XattrArea, place: string): void {
  const listEnd = checkNames(area, place);
  let index = 0;
  for (const entry of area.entries()) {
    checkValue(sb, area, entry, listEnd, `ext4_xattr_entry ${index} of ${place}`);
    index++;
  }
}

/** Answers where the list ends. */
function checkNames(area: XattrArea, place: string): number {
  const { first, end } = area.bounds;
  const entry = area.entry(first);
  for (let index = 0; !area.isEnd(entry.base); index++) {
    const structure = `ext4_xattr_entry ${index} of ${place}`;
    const next = entry.base + xattrEntryBytes(entry.nameLength);
    if (next > end - XATTR_LIST_END_BYTES) {
      throw new Corruption(structure, 'e_name_len', entry.nameLength, 'an entry inside the area');
    }
    if (area.nameAt(entry).includes(0)) {
      throw new Corruption(structure, 'e_name', 'a name with a zero byte', `${entry.nameLength} other bytes`);
    }
    entry.base = next;
  }
  return entry.base;
}

function checkValue(
  sb: SuperBlock,
  { bounds }: XattrArea,
  entry: RawXattrEntry,
  listEnd: number,
  structure: string,
): void {
  const { valueInode, valueSize, valueOffset } = entry;
  if (valueSize > EXT4_XATTR_SIZE_MAX) {
    throw new Corruption(structure, 'e_value_size', valueSize, `at most ${EXT4_XATTR_SIZE_MAX}`);
  }
  if (valueInode !== 0) return checkValueInode(sb, valueInode, structure);
  if (valueSize === 0) return;
  const lowest = listEnd + XATTR_LIST_END_BYTES - bounds.base;
  const room = bounds.end - bounds.base;
  if (valueOffset < lowest || valueOffset > room) {
    throw new Corruption(structure, 'e_value_offs', valueOffset, `${lowest} .. ${room}, behind the entries`);
  }
  if (xattrValueBytes(valueSize) > room - valueOffset) {
    throw new Corruption(structure, 'e_value_size', valueSize, `at most ${room - valueOffset} at its offset`);
  }
}

function checkValueInode(sb: SuperBlock, ino: number, structure: string): void {
  if ((sb.features.incompat & INCOMPAT.ea_inode) === 0) {
    throw new Corruption(structure, 'e_value_inum', ino, '0 without the feature ea_inode');
  }
  const { firstInode, inodes } = sb.geometry;
  if (ino === EXT4_ROOT_INO || ino < firstInode || ino > inodes) {
    throw new Corruption(structure, 'e_value_inum', ino, `${firstInode} .. ${inodes}`);
  }
}
