import type { BufferHead } from '../../buffer/buffer-head.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { groupFirstBlock } from '../allocation/group-layout.ts';
import { XattrBlockSeal } from '../integrity/seals.ts';
import type { Inode } from '../inode/inode.ts';
import { EXT4_XATTR_REFCOUNT_MAX, type RawXattrEntry } from '../layout/xattr.ts';
import type { XattrName, XattrValue } from './area.ts';
import {
  blockArea,
  blockHeader,
  copyBlockBytes,
  forgetBlock,
  newBlockBytes,
  readCheckedBlock,
  rehash,
  rememberBlock,
  sameXattrs,
} from './block.ts';
import { releaseXattrBlock } from './release.ts';
import { changeCount, countedSectors, openValueInode } from './value-inode.ts';

/** What one change of an attribute is about. */
export interface XattrChange {
  readonly handle: Handle;
  readonly inode: Inode;
  readonly name: XattrName;
  /** Inodes of values opened on the way, to be put when the handle has stopped. */
  readonly opened: Inode[];
}

/** Bytes of a block in the making, or of one in the cache. */
type BlockBytes = Pick<BufferHead, 'data' | 'view'>;

/**
 * Gives the attribute its value in the inode's block, `current`, or removes it there when `value` is null
 * (ext4_xattr_block_set). There is room. A block of others stays as it is, and the inode gets a copy; a block that holds
 * the same already is shared. Fails with ENOSPC before the inode's attributes have changed.
 */
export function* changeXattrBlock(
  change: XattrChange,
  current: BufferHead | null,
  value: XattrValue | null,
): Sleepable<void> {
  const { handle, inode, opened } = change;
  const { sb } = inode;
  if (current !== null) yield* handle.getWriteAccess(current);
  const alone = current !== null && blockHeader(current).refcount === 1;
  if (alone) {
    // Before anything sleeps: whoever found it in the cache looks there again.
    forgetBlock(sb, current);
    yield* dropOldValue(change, current);
  }
  const bytes = alone ? current : current === null ? newBlockBytes(inode.blockSize) : copyBlockBytes(current);
  if (current !== null && !alone) yield* forgetOldValue(change, bytes);
  apply(change, bytes, value);
  if (alone) handle.dirtyMetadata(current);
  const next = blockArea(bytes).isEmpty
    ? null
    : yield* placeFor(change, bytes, current, alone ? null : value);
  inode.xattrBlock = next === null ? 0 : next.block;
  if (current !== null && current !== next) yield* releaseXattrBlock(handle, inode, current, opened);
}

/** The block that will hold `bytes`: one that does already, the one that they are in, or a new one. */
function* placeFor(
  change: XattrChange,
  bytes: BlockBytes,
  current: BufferHead | null,
  obtained: XattrValue | null,
): Sleepable<BufferHead> {
  const same = yield* findSame(change, bytes, current);
  if (same !== null) {
    yield* takeBackExtraCount(change, obtained);
    return same;
  }
  if (current === null || bytes !== current) return yield* allocate(change, bytes, obtained);
  rememberBlock(change.inode.sb, current);
  return current;
}

function apply({ name }: XattrChange, bytes: BlockBytes, value: XattrValue | null): void {
  const area = blockArea(bytes);
  const slot = area.find(name);
  if (value === null) area.remove(slot);
  else area.put(slot, name, value);
  rehash(bytes);
}

/** The inode of the value that is about to be replaced or removed has one reference less. */
export function* dropOldValue(change: XattrChange, bytes: BlockBytes): Sleepable<void> {
  const area = blockArea(bytes);
  const slot = area.find(change.name);
  if (slot.found) yield* dropValue(change, area.entry(slot.at));
}

/** In a copy: the count of the value's inode belongs to the block that others keep. */
function* forgetOldValue({ inode, name, opened }: XattrChange, bytes: BlockBytes): Sleepable<void> {
  const area = blockArea(bytes);
  const slot = area.find(name);
  const entry = slot.found ? area.entry(slot.at) : null;
  if (entry === null || entry.valueInode === 0) return;
  const value = yield* openValueInode(inode, entry);
  opened.push(value);
  inode.sectors -= countedSectors(inode, value, entry);
  entry.valueInode = entry.valueSize = 0;
}

/** The same for an entry in the inode's own area. */
export function* dropValue({ handle, inode, opened }: XattrChange, entry: RawXattrEntry): Sleepable<void> {
  if (entry.valueInode === 0) return;
  const value = yield* openValueInode(inode, entry);
  opened.push(value);
  inode.sectors -= countedSectors(inode, value, entry);
  yield* changeCount(handle, value, -1);
}

/**
 * A block in the cache that holds the same, with one reference more (ext4_xattr_block_cache_find and what follows). It
 * may have gone or changed while this task slept: then it is in the cache no longer.
 */
function* findSame(
  { handle, inode }: XattrChange,
  bytes: BlockBytes,
  current: BufferHead | null,
): Sleepable<BufferHead | null> {
  const { sb } = inode;
  const { blocks } = sb.xattrCache;
  const { hash } = blockHeader(bytes);
  if (hash === 0) return null;
  const area = blockArea(bytes);
  for (const block of blocks.candidates(hash)) {
    if (!blocks.has(hash, block)) continue;
    const buffer = yield* readCheckedBlock(sb, block);
    yield* handle.getWriteAccess(buffer);
    if (!blocks.has(hash, block) || !sameXattrs(area, blockArea(buffer))) continue;
    if (buffer === current) return current;
    const header = blockHeader(buffer);
    if (header.refcount >= EXT4_XATTR_REFCOUNT_MAX) continue;
    header.refcount++;
    if (header.refcount === EXT4_XATTR_REFCOUNT_MAX) forgetBlock(sb, buffer);
    handle.dirtyMetadata(buffer);
    inode.sectors += inode.clusterSectors;
    return buffer;
  }
  return null;
}

/**
 * Whoever obtained an external value counts as its owner until a block does. A block that is shared, or a new one that
 * counts all its entries, has counted it itself.
 */
function* takeBackExtraCount(
  { handle, inode, opened }: XattrChange,
  value: XattrValue | null,
): Sleepable<void> {
  if (value === null || value instanceof Uint8Array) return;
  const extra = yield* inode.sb.inodes.getValue(value.ino);
  opened.push(extra);
  yield* changeCount(handle, extra, -1);
}

/** A new block with these bytes, near the inode. Every external value in it gains a reference. */
function* allocate(change: XattrChange, bytes: BlockBytes, value: XattrValue | null): Sleepable<BufferHead> {
  const { handle, inode } = change;
  const { sb } = inode;
  const group = Math.floor((inode.ino - 1) / sb.geometry.inodesPerGroup);
  const goal = groupFirstBlock(sb.blockAllocator.fixed.layout, group);
  const values = yield* openValues(change, bytes);
  const request = { goal, length: 1, useKeptBack: false, metadata: true, place: null };
  const { start } = yield* sb.blockAllocator.allocate(handle, inode, request);
  inode.sectors += inode.clusterSectors;
  for (const each of values) yield* changeCount(handle, each, 1);
  yield* takeBackExtraCount(change, value);
  const buffer = sb.cache.getblk(start);
  yield* handle.getCreateAccess(buffer);
  buffer.data.set(bytes.data);
  buffer.uptodate = true;
  buffer.verified = true;
  buffer.cached = null;
  buffer.seal = sb.hasChecksums ? new XattrBlockSeal(sb.checksumSeed) : null;
  rememberBlock(sb, buffer);
  handle.dirtyMetadata(buffer);
  return buffer;
}

/** Before anything is allocated, because one of them may be damaged. */
function* openValues({ inode, opened }: XattrChange, bytes: BlockBytes): Sleepable<Inode[]> {
  const values: Inode[] = [];
  for (const entry of blockArea(bytes).entries()) {
    if (entry.valueInode === 0) continue;
    const value = yield* openValueInode(inode, entry);
    opened.push(value);
    values.push(value);
  }
  return values;
}
