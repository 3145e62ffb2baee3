import type { BufferHead } from '../../buffer/buffer-head.ts';
import { assert, present } from '../../lib/assert.ts';
import { Corruption } from '../../lib/corruption.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Folio } from '../../mm/folio.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { initBlockMap } from '../mapping/init-map.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { EXT4_EXTENTS_FL, EXT4_INLINE_DATA_FL, I_BLOCK_BYTES, type Inode } from '../inode/inode.ts';
import { xattrEntryBytes, XATTR_INDEX, XATTR_LIST_END_BYTES, xattrValueBytes } from '../layout/xattr.ts';
import type { XattrArea, XattrName } from '../xattr/area.ts';
import { changeInodeArea } from '../xattr/change-inode.ts';
import { checkedArea, inodeXattrArea, setMagic } from '../xattr/inode-area.ts';

/**
 * Contents in the inode itself (the feature inline_data, fs/ext4/inline.c): the first 60 bytes in i_block, what follows in
 * the attribute system.data, which is there even when it is empty. i_rwsem keeps changes apart; looking needs no lock,
 * because nothing sleeps between finding the bytes and using them.
 */
export const INLINE_DATA: XattrName = {
  index: XATTR_INDEX.system,
  name: Uint8Array.of(0x64, 0x61, 0x74, 0x61),
};

export const isInline = ({ flags }: Inode): boolean => (flags & EXT4_INLINE_DATA_FL) !== 0;

/** Where the attribute's value lies in memory; a view, good as long as nothing sleeps. */
export function inlineTail(inode: Inode, table: BufferHead): Uint8Array {
  const area = checkedArea(inode, table);
  const slot = area.find(INLINE_DATA);
  if (!slot.found)
    throw new Corruption(`ext4_inode ${inode.ino}`, 'flags', inode.flags, 'an attribute system.data');
  return area.valueAt(area.entry(slot.at));
}

/** The inode's block of the table. */
export const tableOf = (inode: Inode): Sleepable<BufferHead> => inode.sb.cache.bread(inode.tableBlock);

/** All bytes that lie in the inode, a copy; a file may be shorter or, behind them, have a hole. */
export function* readInline(inode: Inode): Sleepable<Uint8Array> {
  const tail = inlineTail(inode, yield* tableOf(inode));
  const bytes = new Uint8Array(I_BLOCK_BYTES + tail.length);
  bytes.set(inode.data);
  bytes.set(tail, I_BLOCK_BYTES);
  return bytes;
}

/** Gives a locked folio the file's bytes; behind those in the inode is a hole (ext4_readpage_inline). */
export function* fillFolio(inode: Inode, folio: Folio): Sleepable<void> {
  const bytes = folio.position === 0 ? yield* readInline(inode) : new Uint8Array(0);
  folio.data.fill(0);
  folio.data.set(bytes.subarray(0, inode.size));
  folio.uptodate = true;
}

/** Bytes that lie in the inode now (i_inline_size); 0 for contents elsewhere. */
export function* inlineSize(inode: Inode): Sleepable<number> {
  return isInline(inode) ? I_BLOCK_BYTES + inlineTail(inode, yield* tableOf(inode)).length : 0;
}

/**
 * Bytes that could lie in the inode, as its other attributes are; 0 for none (ext4_get_max_inline_size). From now on the
 * inode's fields do not grow, so that the answer stays true (EXT4_STATE_NO_EXPAND).
 */
export function* largestInline(inode: Inode): Sleepable<number> {
  inode.keepsExtraSize = true;
  const area = inodeXattrArea(inode, yield* tableOf(inode));
  const room = area === null ? 0 : largestTail(inode, area);
  return room === 0 ? 0 : I_BLOCK_BYTES + room;
}

/** get_max_inline_xattr_value_size() */
function largestTail(inode: Inode, area: XattrArea): number {
  const entry = xattrEntryBytes(INLINE_DATA.name.length);
  const { first, end } = area.bounds;
  const wholeWords = (bytes: number): number => Math.max(0, bytes - (bytes % 4));
  if (!inode.xattrsInInode) return wholeWords(end - first - entry - XATTR_LIST_END_BYTES);
  const slot = area.find(INLINE_DATA);
  if (!slot.found) return wholeWords(area.free - entry);
  return area.free + xattrValueBytes(area.entry(slot.at).valueSize);
}

/**
 * Makes room for `length` bytes in the inode, zeros where there is nothing yet (ext4_prepare_inline_data). The caller
 * knows that they fit. One credit.
 */
export function* growInline(handle: Handle, inode: Inode, length: number): Sleepable<void> {
  const area = present(yield* changeInodeArea(handle, inode), 'room for inline data');
  const slot = area.find(INLINE_DATA);
  const wanted = Math.max(0, length - I_BLOCK_BYTES);
  const old = slot.found ? area.valueAt(area.entry(slot.at)) : new Uint8Array(0);
  if (slot.found && wanted <= old.length) return;
  const value = new Uint8Array(wanted);
  value.set(old);
  assert(area.hasRoom(slot, INLINE_DATA.name.length, xattrValueBytes(wanted), 0), 'inline data do not fit');
  area.put(slot, INLINE_DATA, value);
  setMagic(inode, area);
  if (!isInline(inode)) {
    inode.data.fill(0);
    inode.flags = (inode.flags & ~EXT4_EXTENTS_FL) | EXT4_INLINE_DATA_FL;
  }
  yield* markInodeDirty(handle, inode);
}

/** Keeps the first `length` bytes; behind them are zeros (the inner part of ext4_inline_data_truncate). One credit. */
export function* cutInline(handle: Handle, inode: Inode, length: number): Sleepable<void> {
  const area = present(yield* changeInodeArea(handle, inode), 'inline data');
  const slot = area.find(INLINE_DATA);
  const value = area.valueAt(area.entry(slot.at)).slice();
  const kept = Math.max(0, length - I_BLOCK_BYTES);
  if (kept < value.length) area.put(slot, INLINE_DATA, value.subarray(0, kept));
  if (length < I_BLOCK_BYTES) inode.data.fill(0, length);
  yield* markInodeDirty(handle, inode);
}

/** Puts bytes into the inode, which has room for them (ext4_write_inline_data). One credit. */
export function* putInline(
  handle: Handle,
  inode: Inode,
  position: number,
  source: Uint8Array,
): Sleepable<void> {
  const table = yield* tableOf(inode);
  yield* handle.getWriteAccess(table);
  const head = Math.max(0, Math.min(source.length, I_BLOCK_BYTES - position));
  if (head > 0) inode.data.set(source.subarray(0, head), position);
  if (head < source.length)
    inlineTail(inode, table).set(source.subarray(head), position + head - I_BLOCK_BYTES);
  yield* markInodeDirty(handle, inode);
}

/** Nothing lies in the inode any more: it has an empty extent tree (ext4_destroy_inline_data). One credit. */
export function* dropInline(handle: Handle, inode: Inode): Sleepable<void> {
  const area = present(yield* changeInodeArea(handle, inode), 'inline data');
  const slot = area.find(INLINE_DATA);
  // There must be a way back.
  inode.keepsExtraSize = true;
  if (slot.found) area.remove(slot);
  setMagic(inode, area);
  inode.data.fill(0);
  inode.flags &= ~EXT4_INLINE_DATA_FL;
  initBlockMap(inode);
  inode.extentStatus.remove(0, Infinity);
  yield* markInodeDirty(handle, inode);
}

/** Undoes dropInline, because there was no block for the bytes (ext4_restore_inline_data). */
export function* restoreInline(handle: Handle, inode: Inode, bytes: Uint8Array): Sleepable<void> {
  inode.extentStatus.remove(0, Infinity);
  yield* growInline(handle, inode, bytes.length);
  yield* putInline(handle, inode, 0, bytes);
}
