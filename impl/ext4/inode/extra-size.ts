import { Corruption } from '../../lib/corruption.ts';
import { Failure } from '../../lib/errno.ts';
import type { BufferHead } from '../../buffer/buffer-head.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { EXT4_GOOD_OLD_INODE_SIZE, EXTRA_ISIZE, InodeLayout } from '../layout/inode.ts';
import type { RawSuperBlock } from '../layout/superblock.ts';
import {
  XATTR_LIST_END_BYTES,
  xattrEntryBytes,
  XattrInodeHeaderLayout,
  xattrValueBytes,
} from '../layout/xattr.ts';
import { INLINE_DATA } from '../inline/inline-data.ts';
import { RO_COMPAT } from '../super/features.ts';
import type { XattrArea, XattrName } from '../xattr/area.ts';
import { blockArea, newBlockBytes, readXattrBlock } from '../xattr/block.ts';
import { changeXattrBlock } from '../xattr/change-block.ts';
import { newXattrCredits } from '../xattr/credits.ts';
import { checkedArea, setMagic } from '../xattr/inode-area.ts';
import type { Inode } from './inode.ts';

/**
 * i_extra_isize: how much of an inode behind byte 128 its fields take; attributes follow. An inode that was made for fewer
 * fields grows when it is next written, and its attributes move on (ext4_try_to_expand_extra_isize). One difference from the kernel: where a value in an
 * inode of its own would have to move to a block, or lies in it, the inode stays as it is.
 */

/**
 * s_want_extra_isize as a mount has it, bytes: all fields that are known here, or more where the superblock asks for
 * more; 0 in inodes without extra fields. Throws Corruption (the checks of ext4_inode_info_init).
 */
export function wantedExtraSize(raw: RawSuperBlock, inodeSize: number): number {
  const room = inodeSize - EXT4_GOOD_OLD_INODE_SIZE;
  if (room === 0) return 0;
  if ((raw.featureRoCompat & RO_COMPAT.extra_isize) === 0) return EXTRA_ISIZE;
  for (const field of ['wantExtraIsize', 'minExtraIsize'] as const) {
    if (raw[field] > room) throw new Corruption('ext4_super_block', field, raw[field], `at most ${room}`);
  }
  return Math.max(EXTRA_ISIZE, raw.wantExtraIsize, raw.minExtraIsize);
}

/** The inode's fields get their room, if that can be had now; `table` is its block, which the handle may change. */
export function* growExtraSize(handle: Handle, inode: Inode, table: BufferHead): Sleepable<void> {
  const { sb } = inode;
  // What is about to be freed is walked through: nothing in it may move.
  if (inode.links === 0) return;
  if (!inode.xattrsInInode) {
    resize(inode, table, sb.wantedExtraSize);
    return;
  }
  if (!(yield* handle.extend(newXattrCredits(sb, 0)))) return;
  sb.fastCommits?.tracker.ineligible(handle.transaction.tid, 'attributes changed');
  if (!inode.xattrLock.tryWriteOutOfOrder()) return;
  try {
    const grower = new Grower(handle, inode, checkedArea(inode, table));
    if (yield* grower.growTo(sb.wantedExtraSize)) return;
    inode.keepsExtraSize = true;
    yield* grower.growTo(sb.raw.minExtraIsize);
  } finally {
    inode.xattrLock.unlockWrite();
  }
}

/** New fields are empty. */
function resize(inode: Inode, { data, view }: Pick<BufferHead, 'data' | 'view'>, size: number): void {
  const fields = inode.tableOffset + EXT4_GOOD_OLD_INODE_SIZE;
  data.fill(0, fields + inode.extraSize, fields + size);
  inode.extraSize = size;
  view.setUint16(inode.tableOffset + InodeLayout.fields.extraIsize.offset, size, true);
}

/** ext4_expand_extra_isize_ea(), under the lock of attributes. */
class Grower {
  readonly #handle: Handle;
  readonly #inode: Inode;
  readonly #own: XattrArea;

  constructor(handle: Handle, inode: Inode, own: XattrArea) {
    this.#handle = handle;
    this.#inode = inode;
    this.#own = own;
  }

  /** Answers false when the attributes stay in the way. */
  *growTo(size: number): Sleepable<boolean> {
    const bytes = size - this.#inode.extraSize;
    if (bytes <= 0) return true;
    if (!(yield* this.#makeRoom(bytes))) return false;
    this.#shift(bytes);
    resize(this.#inode, this.#own, size);
    return true;
  }

  /** ext4_xattr_make_inode_space(): attributes go to the block until `bytes` are free in the inode. */
  *#makeRoom(bytes: number): Sleepable<boolean> {
    while (this.#own.free < bytes) {
      const { xattrBlock, blockSize } = this.#inode;
      const block = xattrBlock === 0 ? null : yield* readXattrBlock(this.#inode);
      const area = blockArea(block ?? newBlockBytes(blockSize));
      if (area.free + this.#own.free < bytes || hasExternalValues(area)) return false;
      const at = this.#choose(bytes - this.#own.free, area.free);
      if (at === null || !(yield* this.#move(at, block))) return false;
    }
    return true;
  }

  /** The smallest attribute that is enough alone, else the last of those that are not: where its entry is. */
  #choose(wanted: number, blockFree: number): number | null {
    let enough: number | null = null;
    let least = Infinity;
    let less: number | null = null;
    const inlineData = this.#own.find(INLINE_DATA);
    for (const entry of this.#own.entries()) {
      if (entry.valueInode !== 0 || (inlineData.found && inlineData.at === entry.base)) continue;
      const bytes = xattrEntryBytes(entry.nameLength) + xattrValueBytes(entry.valueSize);
      if (bytes > blockFree || bytes >= least) continue;
      if (bytes < wanted) less = entry.base;
      else [enough, least] = [entry.base, bytes];
    }
    return enough ?? less;
  }

  /** ext4_xattr_move_to_block(); answers false when the device has no block left. */
  *#move(at: number, block: BufferHead | null): Sleepable<boolean> {
    const entry = this.#own.entry(at);
    const name: XattrName = { index: entry.nameIndex, name: this.#own.nameAt(entry).slice() };
    const value = this.#own.valueAt(entry).slice();
    const change = { handle: this.#handle, inode: this.#inode, name, opened: [] };
    try {
      yield* changeXattrBlock(change, block, value);
    } catch (error) {
      if (error instanceof Failure && error.errno === 'ENOSPC') return false;
      throw error;
    }
    this.#own.remove({ at, found: true });
    setMagic(this.#inode, this.#own);
    return true;
  }

  /** The header and the list move towards the values (ext4_xattr_shift_entries). */
  #shift(bytes: number): void {
    const { data, bounds, listEnd } = this.#own;
    const header = bounds.first - XattrInodeHeaderLayout.size;
    for (const entry of this.#own.entries()) {
      if (entry.valueInode === 0 && entry.valueSize > 0) entry.valueOffset -= bytes;
    }
    data.copyWithin(header + bytes, header, listEnd + XATTR_LIST_END_BYTES);
  }
}

function hasExternalValues(area: XattrArea): boolean {
  for (const { valueInode } of area.entries()) if (valueInode !== 0) return true;
  return false;
}
