import { BufferHead } from '../../buffer/buffer-head.ts';
import { buffersOf } from '../../buffer/folio-buffers.ts';
import { FolioState, hasDirtyBlock } from '../../iomap/folio-state.ts';
import { assert } from '../../lib/assert.ts';
import type { Folio } from '../../mm/folio.ts';
import { PAGE_BYTES } from '../../mm/page.ts';
import { EXT4_INLINE_DATA_FL, type Inode } from '../inode/inode.ts';

/** What must hold of the cached folios of a file whenever no task is in the middle of something. */
export function checkPageCache(inode: Inode): void {
  checkDevicePages(inode);
  checkDelayed(inode);
  for (const folio of inode.mapping.range(0, Infinity)) {
    checkKind(inode, folio);
    checkStores(inode, folio);
    if (folio.dirty) checkDirtyBlocks(inode, folio);
    else checkClean(inode, folio);
  }
}

/** A file that is mapped directly has no folios; what mappings show of it is what its map says, and stores are seen. */
function checkDevicePages(inode: Inode): void {
  const { ino, mapping, extentStatus, dataPath } = inode;
  assert(
    dataPath.dax === null || mapping.folioCount === 0,
    () => `inode ${ino} has folios on ${dataPath.name}`,
  );
  let dirty = 0;
  for (const [index, page] of mapping.devicePages?.entries() ?? []) {
    if (page.dirty) dirty++;
    assert(
      index * PAGE_BYTES < inode.size,
      () => `inode ${ino}: page ${index} behind the end is mapped directly`,
    );
    for (const area of mapping.areas ?? [])
      assert(
        page.dirty || !area.stores(page),
        () => `inode ${ino}: page ${index} is clean, and stores go through`,
      );
    const known = extentStatus.lookup(index);
    if (known === null) continue;
    const place = known.state === 'written' ? known.physical + index - known.logical : null;
    assert(
      place === page.place,
      () => `inode ${ino}: page ${index} is shown at ${page.place}, and lies at ${place}`,
    );
  }
  assert(
    dataPath.dax === null || dirty === mapping.dirtyFolios,
    () => `inode ${ino}: ${dirty} dirty pages are counted as ${mapping.dirtyFolios}`,
  );
}

/**
 * What was promised a place is dirty in memory: else nobody would ever ask for the place, or give it back. Without a journal that works
 * nobody does: ext4_truncate() gets no handle, and leaves the promises behind the new end to ext4_clear_inode().
 */
function checkDelayed(inode: Inode): void {
  const { ino, blockSize, mapping, extentStatus, sb } = inode;
  if (sb.journal.aborted) return;
  for (const { logical, length, state } of extentStatus) {
    if (state !== 'delayed') continue;
    for (let block = logical; block < logical + length; block++) {
      const folio = mapping.find(Math.floor((block * blockSize) / PAGE_BYTES));
      assert(
        folio !== null && isBlockDirty(inode, folio, block - folio.position / blockSize),
        () => `inode ${ino}: block ${block} was promised a place, and is not dirty`,
      );
    }
  }
}

const where = (inode: Inode, folio: Folio): string => `inode ${inode.ino}, folio ${folio.index}`;

/** buffer_heads and iomap's state are never on the same folio, nor either on one of the other path. */
function checkKind(inode: Inode, folio: Folio): void {
  const { private: state } = folio;
  if (state === null || inode.dataPath.name === 'ext4_journalled_aops') return;
  const kind =
    state instanceof FolioState
      ? 'iomap'
      : Array.isArray(state) && state[0] instanceof BufferHead
        ? 'buffer_head'
        : 'unknown';
  const wanted = inode.dataPath.name === 'ext4_iomap_aops' ? 'iomap' : 'buffer_head';
  assert(kind === wanted, () => `${where(inode, folio)}: ${kind} state with ${inode.dataPath.name}`);
}

/** A store that no fault sees goes to a dirty folio. */
function checkStores(inode: Inode, folio: Folio): void {
  if (folio.dirty || inode.mapping.areas === null) return;
  for (const area of inode.mapping.areas) {
    assert(!area.stores(folio), () => `${where(inode, folio)} is clean, and stores to it go through`);
  }
}

/** Whether a block of the folio is dirty, as the folio's path knows it. */
function isBlockDirty(inode: Inode, folio: Folio, block: number): boolean {
  const { name } = inode.dataPath;
  if (name === 'ext4_iomap_aops') return hasDirtyBlock(folio, block);
  // With journalled data the blocks are the journal's affair.
  return name !== 'ext4_journalled_aops' && buffersOf(folio)?.[block]?.dirty === true;
}

/** A dirty block lies within the file, and has a place or a promise of one. */
function checkDirtyBlocks(inode: Inode, folio: Folio): void {
  const { blockSize, size, extentStatus, flags } = inode;
  const blocks = folio.size / blockSize;
  for (let index = 0; index < blocks; index++) {
    if (!isBlockDirty(inode, folio, index)) continue;
    const logical = folio.position / blockSize + index;
    assert(
      logical * blockSize < size,
      () => `${where(inode, folio)}: block ${logical} is dirty behind the end ${size}`,
    );
    const known = (flags & EXT4_INLINE_DATA_FL) !== 0 ? undefined : extentStatus.lookup(logical)?.state;
    assert(
      known !== 'hole',
      () => `${where(inode, folio)}: block ${logical} is dirty over a hole without a promise`,
    );
    const buffer = inode.dataPath.name === 'ext4_iomap_aops' ? undefined : buffersOf(folio)?.[index];
    if (buffer !== undefined) checkBuffer(inode, folio, logical, buffer);
  }
}

/** A buffer_head says of its block what the mapping says. */
function checkBuffer(inode: Inode, folio: Folio, logical: number, buffer: BufferHead): void {
  const known = inode.extentStatus.lookup(logical);
  const place = (): string => `${where(inode, folio)}: block ${logical}`;
  assert(buffer.mapped, () => `${place()} is dirty and has no place`);
  if (known === null) return;
  // fallocate(2) gives unwritten blocks to what was delayed, and its buffer learns of it in writeback.
  const placedLater = buffer.delay && known.state === 'unwritten';
  assert(
    placedLater || buffer.delay === (known.state === 'delayed'),
    () => `${place()} is ${known.state}, its buffer delayed: ${buffer.delay}`,
  );
  if (buffer.delay) return;
  const physical = known.physical + logical - known.logical;
  assert(buffer.block === physical, () => `${place()} lies at ${physical}, its buffer at ${buffer.block}`);
}

/** A clean folio has no dirty block. */
function checkClean(inode: Inode, folio: Folio): void {
  const blocks = folio.size / inode.blockSize;
  for (let block = 0; block < blocks; block++)
    assert(!isBlockDirty(inode, folio, block), () => `${where(inode, folio)} is clean and has a dirty block`);
}
