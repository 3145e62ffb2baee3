import type { BufferHead } from '../../buffer/buffer-head.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { fail, Failure } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import type { Inode } from '../inode/inode.ts';
import { honourSync } from '../inode/sync-flags.ts';
import { xattrEntryBytes, XattrHeaderLayout, xattrValueBytes } from '../layout/xattr.ts';
import { COMPAT } from '../super/features.ts';
import type { XattrArea, XattrName, XattrSlot, XattrValue } from './area.ts';
import { blockArea, newBlockBytes, readXattrBlock, sameBytes } from './block.ts';
import { changeXattrBlock, dropValue, type XattrChange } from './change-block.ts';
import { hasValueInodes, xattrCredits } from './credits.ts';
import { changeInodeArea } from './change-inode.ts';
import { setMagic } from './inode-area.ts';
import { putAll } from './release.ts';
import { changeCount, obtainExternalValue, valueSectors } from './value-inode.ts';

/** XATTR_CREATE and XATTR_REPLACE. */
export interface XattrFlags {
  readonly create?: boolean;
  readonly replace?: boolean;
}

/**
 * Gives an attribute its value, or removes it when `value` is null, in a transaction of its own (ext4_xattr_set). The
 * caller holds i_rwsem. Fails with EEXIST, ENODATA, ENOSPC when neither inode nor block have room, EIO.
 */
export function* setXattr(
  inode: Inode,
  name: XattrName,
  value: Uint8Array | null,
  flags: XattrFlags = {},
): Sleepable<void> {
  yield* retryAfterCommit(inode.sb, () => setOnce(inode, name, value, flags));
}

function* setOnce(
  inode: Inode,
  name: XattrName,
  value: Uint8Array | null,
  flags: XattrFlags,
): Sleepable<void> {
  const opened: Inode[] = [];
  try {
    const handle = yield* inode.sb.journal.start(yield* xattrCredits(inode, value?.length ?? 0));
    honourSync(handle, inode);
    try {
      yield* setXattrUnder({ handle, inode, name, opened }, value, flags);
    } finally {
      yield* handle.stop();
    }
  } finally {
    yield* putAll(opened);
  }
}

/** The same under a handle that runs with xattrCredits; the caller puts what is in change.opened after it. */
export function* setXattrUnder(
  change: XattrChange,
  value: Uint8Array | null,
  flags: XattrFlags,
): Sleepable<void> {
  const { xattrLock } = change.inode;
  yield* xattrLock.write();
  try {
    yield* new XattrSetter(change).run(value, flags);
  } finally {
    xattrLock.unlockWrite();
  }
}

/** Reserved in a block for other entries while a value could live in an inode (EXT4_XATTR_BLOCK_RESERVE). */
const blockReserve = (blockSize: number): number => Math.min(blockSize / 8, 1024);

/** A value of more bytes would fill a block alone: it goes to an inode at once (EXT4_XATTR_MIN_LARGE_EA_SIZE). */
const largestInBlock = (blockSize: number): number =>
  blockSize - xattrEntryBytes(3) - XattrHeaderLayout.size - 4;

const NOT_FOUND: XattrSlot = { at: 0, found: false };

/** One change of one attribute (ext4_xattr_set_handle): looks in the inode first, then in its block. */
class XattrSetter {
  readonly #change: XattrChange;
  readonly #inode: Inode;
  /** The inode's own area, null without room for one. */
  #own: XattrArea | null = null;
  #ownSlot = NOT_FOUND;
  #block: BufferHead | null = null;
  #blockSlot = NOT_FOUND;

  constructor(change: XattrChange) {
    this.#change = change;
    this.#inode = change.inode;
  }

  *run(value: Uint8Array | null, flags: XattrFlags): Sleepable<void> {
    const { sb } = this.#inode;
    sb.fastCommits?.tracker.ineligible(this.#change.handle.transaction.tid, 'attributes changed');
    yield* this.#find();
    const exists = this.#ownSlot.found || this.#blockSlot.found;
    if (exists && flags.create === true) fail('EEXIST');
    if (!exists && flags.replace === true) fail('ENODATA');
    if (value === null) {
      if (!exists) return;
      yield* this.#remove();
    } else {
      if (this.#has(value)) return;
      yield* this.#store(value);
    }
    this.#inode.knownPlain = false;
    yield* noteFeature(this.#change.handle, this.#inode);
    this.#inode.ctime = this.#inode.sb.now;
    yield* markInodeDirty(this.#change.handle, this.#inode);
  }

  *#find(): Sleepable<void> {
    const { handle, name } = this.#change;
    const inode = this.#inode;
    this.#own = yield* changeInodeArea(handle, inode);
    if (this.#own !== null) this.#ownSlot = this.#own.find(name);
    if (inode.xattrBlock === 0) return;
    this.#block = yield* readXattrBlock(inode);
    if (!this.#ownSlot.found) this.#blockSlot = blockArea(this.#block).find(name);
  }

  /** Is this the value already? One in an inode of its own is written anew (ext4_xattr_value_same). */
  #has(value: Uint8Array): boolean {
    const area = this.#ownSlot.found ? this.#own : this.#block === null ? null : blockArea(this.#block);
    const slot = this.#ownSlot.found ? this.#ownSlot : this.#blockSlot;
    if (area === null || !slot.found) return false;
    const entry = area.entry(slot.at);
    return entry.valueInode === 0 && sameBytes(area.valueAt(entry), value);
  }

  *#remove(): Sleepable<void> {
    if (this.#ownSlot.found) yield* this.#removeFromInode();
    else yield* changeXattrBlock(this.#change, this.#block, null);
  }

  *#removeFromInode(): Sleepable<void> {
    const own = this.#own;
    if (own === null) return;
    yield* dropValue(this.#change, own.entry(this.#ownSlot.at));
    own.remove(this.#ownSlot);
    setMagic(this.#inode, own);
  }

  /** As it is where there is room for it; else, where that is allowed, in an inode of its own. */
  *#store(value: Uint8Array): Sleepable<void> {
    const external = hasValueInodes(this.#inode.sb);
    const large = external && xattrValueBytes(value.length) > largestInBlock(this.#inode.blockSize);
    if (!large && (yield* this.#tryStore(value))) return;
    if (!external || value.length === 0) fail('ENOSPC');
    yield* this.#storeExternal(value);
  }

  *#storeExternal(value: Uint8Array): Sleepable<void> {
    const { handle, opened } = this.#change;
    if (!this.#hasOwnRoom(0) && !this.#hasBlockRoom(0)) fail('ENOSPC');
    const stored = yield* obtainExternalValue(handle, this.#inode, value, opened);
    const holder = opened[opened.length - 1];
    try {
      if (yield* this.#tryStore(stored)) {
        this.#inode.sectors += valueSectors(this.#inode, value.length);
        return;
      }
    } catch (error) {
      if (error instanceof Failure && holder !== undefined) yield* changeCount(handle, holder, -1);
      throw error;
    }
    if (holder !== undefined) yield* changeCount(handle, holder, -1);
    fail('ENOSPC');
  }

  /** In the inode, else in the block; answers false when neither has room. */
  *#tryStore(value: XattrValue): Sleepable<boolean> {
    const bytes = value instanceof Uint8Array ? xattrValueBytes(value.length) : 0;
    if (this.#hasOwnRoom(bytes)) {
      yield* this.#putIntoInode(value);
      if (this.#blockSlot.found) yield* changeXattrBlock(this.#change, this.#block, null);
      return true;
    }
    if (!this.#hasBlockRoom(bytes)) return false;
    if (!(yield* this.#putIntoBlock(value))) return false;
    if (this.#ownSlot.found) yield* this.#removeFromInode();
    return true;
  }

  #hasOwnRoom(bytes: number): boolean {
    const { length } = this.#change.name.name;
    return this.#own?.hasRoom(this.#ownSlot, length, bytes, 0) === true;
  }

  #hasBlockRoom(bytes: number): boolean {
    const { blockSize, sb } = this.#inode;
    const area = blockArea(this.#block ?? newBlockBytes(blockSize));
    const reserve = hasValueInodes(sb) ? blockReserve(blockSize) : 0;
    const { name } = this.#change;
    return area.hasRoom(area.find(name), name.name.length, bytes, reserve);
  }

  *#putIntoInode(value: XattrValue): Sleepable<void> {
    const own = this.#own;
    if (own === null) return;
    if (this.#ownSlot.found) yield* dropValue(this.#change, own.entry(this.#ownSlot.at));
    own.put(this.#ownSlot, this.#change.name, value);
    setMagic(this.#inode, own);
  }

  /** Answers false when the device has no block left. */
  *#putIntoBlock(value: XattrValue): Sleepable<boolean> {
    try {
      yield* changeXattrBlock(this.#change, this.#block, value);
      return true;
    } catch (error) {
      if (error instanceof Failure && error.errno === 'ENOSPC') return false;
      throw error;
    }
  }
}

/** The first attribute of a file system sets its feature (ext4_xattr_update_super_block). */
function* noteFeature(handle: Handle, { sb }: Inode): Sleepable<void> {
  if ((sb.raw.featureCompat & COMPAT.ext_attr) !== 0) return;
  yield* handle.getWriteAccess(sb.buffer);
  sb.raw.featureCompat |= COMPAT.ext_attr;
  handle.dirtyMetadata(sb.buffer);
}
