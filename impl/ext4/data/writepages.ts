import type { BufferHead } from '../../buffer/buffer-head.ts';
import { ensureBuffers } from '../../buffer/folio-buffers.ts';
import { assert, present } from '../../lib/assert.ts';
import { Corruption } from '../../lib/corruption.ts';
import { Failure, type Errno } from '../../lib/errno.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { isWanted, type WritebackControl } from '../../mm/address-space-operations.ts';
import type { Folio } from '../../mm/folio.ts';
import { waitForWriteback } from '../../mm/filemap.ts';
import { endPage, PAGE_BYTES, pageIndex } from '../../mm/page.ts';
import { writeProtect } from '../../mm/reverse-map.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { BlockRange } from '../mapping/convert.ts';
import { growDiskSize } from './disk-size.ts';
import { mapCredits } from '../mapping/block-map.ts';
import type { Inode } from '../inode/inode.ts';
import { mapBlocks } from '../mapping/map-blocks.ts';
import { orderData } from './ordered-data.ts';
import { isUnwrittenFirst } from './unwritten-first.ts';
import { PageIo } from './page-io.ts';
import { punchDelayed } from '../mapping/reservation.ts';

/** Blocks that one pass places at most (MAX_WRITEPAGES_EXTENT_LEN). */
const RUN_BLOCKS_MAX = 2048;

/** Passes that may fail with ENOSPC, each followed by a commit, before the data is given up. */
const RETRIES_MAX = 3;

/** A range of pages still to be written. */
interface Cursor {
  /** Page index. */
  next: number;
  readonly end: number;
}

const cursorOf = (control: WritebackControl): Cursor => ({
  next: pageIndex(control.start),
  end: endPage(control.end),
});

/** Does the block wait for a place, or for a conversion that nobody has promised yet? */
const needsPlace = (buffer: BufferHead): boolean => buffer.dirty && (buffer.delay || buffer.unwritten);

/**
 * ext4_do_writepages(): first what has its place already and needs no handle; then, pass by pass, one run of blocks that
 * need a place, in a handle that is started before any folio is locked.
 */
export function* writepages(inode: Inode, control: WritebackControl): Sleepable<void> {
  const cursor = cursorOf(control);
  if (control.sync === 'all') inode.mapping.tagForWriteback(cursor.next, cursor.end);
  yield* writeUntilUnplaced(inode, control, cursor);
  let retries = 0;
  while (inode.mapping.dirtyFolios > 0 && control.budget > 0) {
    const pass = new Pass(inode, control, cursor);
    const outcome = yield* attempt(inode, pass);
    if (outcome === 'done') return;
    if (outcome === 'more') retries = 0;
    else if (outcome === 'ENOSPC' && inode.sb.blockAllocator.hasPendingFrees && retries++ < RETRIES_MAX)
      yield* inode.sb.journal.forceCommit();
    else yield* giveUp(inode, control, cursor, outcome);
  }
}

/** What a pass came to; an errno says why the first dirty folio has no place. */
type Outcome = 'done' | 'more' | Errno;

/** Data that damage leaves without a place must not stay dirty for ever: nothing could be unmounted. */
function* attempt(inode: Inode, pass: Pass): Sleepable<Outcome> {
  try {
    return yield* pass.run();
  } catch (error) {
    if (!(error instanceof Corruption)) throw error;
    yield* inode.sb.health.corrupted(error);
    return error.errno;
  }
}

/** Writes what is dirty in bytes [start, end) and has its place; for data=ordered (no handle is started). */
export function* writeMapped(inode: Inode, start = 0, end = Infinity): Sleepable<void> {
  const control: WritebackControl = { start, end, sync: 'all', budget: Infinity };
  const cursor = cursorOf(control);
  inode.mapping.tagForWriteback(cursor.next, cursor.end);
  for (;;) {
    yield* writeUntilUnplaced(inode, control, cursor);
    const blocked = inode.mapping.next(cursor.next);
    if (blocked === null || blocked.index >= cursor.end) break;
    yield* writePlacedPart(inode, blocked);
    cursor.next = blocked.index + blocked.pages;
  }
  yield* waitForWriteback(inode.mapping, start, end);
}

/** Of a folio with blocks that need places the others are written: somebody must not see what they held before. It stays dirty. */
function* writePlacedPart(inode: Inode, folio: Folio): Sleepable<void> {
  const { mapping } = inode;
  yield* folio.lock();
  try {
    if (!folio.belongsTo(mapping)) return;
    yield* folio.waitForWriteback();
    if (!folio.belongsTo(mapping) || !folio.dirty) return;
    const live = liveBuffers(inode, folio, ensureBuffers(folio, inode.blockSize));
    const placed = live.filter((buffer) => buffer.dirty && buffer.mapped && !needsPlace(buffer));
    if (placed.length === 0) return;
    if (folio.end > inode.size) folio.data.fill(0, Math.max(0, inode.size - folio.position));
    for (const buffer of placed) buffer.dirty = false;
    // The folio stays dirty, but a store to what is clean now has to be noticed.
    writeProtect(mapping, folio);
    mapping.startWriteback(folio);
    const io = new PageIo(inode);
    io.add(folio, placed);
    io.submit();
  } finally {
    folio.unlock();
  }
}

/** Submits folios from the cursor on until one needs a place; the cursor stops there. */
function* writeUntilUnplaced(inode: Inode, control: WritebackControl, cursor: Cursor): Sleepable<void> {
  const io = new PageIo(inode);
  for (let folio = yield* nextDirty(inode, control, cursor); folio !== null;) {
    const buffers = ensureBuffers(folio, inode.blockSize);
    if (liveBuffers(inode, folio, buffers).some(needsPlace)) {
      folio.unlock();
      break;
    }
    submitFolio(inode, folio, buffers, io);
    cursor.next = folio.index + folio.pages;
    control.budget -= folio.pages;
    folio = control.budget > 0 ? yield* nextDirty(inode, control, cursor) : null;
  }
  io.submit();
}

/** The next dirty folio from the cursor on, locked and not under writeback; null at the end. Moves the cursor to it. */
function* nextDirty(inode: Inode, control: WritebackControl, cursor: Cursor): Sleepable<Folio | null> {
  const { mapping } = inode;
  for (;;) {
    const folio = mapping.nextDirty(cursor.next);
    if (folio === null || folio.index >= cursor.end) {
      // A folio of several pages may have taken it beyond the end; back there, it would be met again, for ever.
      cursor.next = Math.max(cursor.next, cursor.end);
      return null;
    }
    cursor.next = folio.index;
    const skip = !isWanted(folio, control) || (folio.writeback && control.sync === 'none');
    if (!skip) {
      yield* folio.lock();
      if (folio.belongsTo(mapping)) yield* folio.waitForWriteback();
      if (folio.belongsTo(mapping) && isWanted(folio, control)) return folio;
      folio.unlock();
    }
    cursor.next = folio.index + folio.pages;
  }
}

/** The first block of the folio that lies wholly behind the end of the file. */
const endOfLive = ({ size, blockSize }: Inode, { position }: Folio): number =>
  Math.max(0, Math.ceil((size - position) / blockSize));

/** The buffers of blocks that lie, at least with their first byte, within the file. */
function liveBuffers(inode: Inode, folio: Folio, buffers: readonly BufferHead[]): readonly BufferHead[] {
  const blocksExactly = (inode.size - folio.position) / inode.blockSize;
  const skipsPartial = inode.sb.options.faults.has('bh-skips-partial-block');
  const blocks = skipsPartial ? Math.floor(blocksExactly) : Math.ceil(blocksExactly);
  return blocks >= buffers.length ? buffers : buffers.slice(0, Math.max(0, blocks));
}

/** Sends the dirty blocks of a locked folio, which all have places, on their way and unlocks it (ext4_bio_write_folio). */
function submitFolio(inode: Inode, folio: Folio, buffers: readonly BufferHead[], io: PageIo): void {
  const { mapping } = inode;
  // Bytes behind the end of the file go to the disk as zeros.
  if (folio.end > inode.size) {
    folio.data.fill(0, Math.max(0, inode.size - folio.position));
    for (let index = endOfLive(inode, folio); index < buffers.length; index++) {
      present(buffers[index], 'buffer').uptodate = true;
    }
  }
  mapping.clearDirty(folio);
  const live = liveBuffers(inode, folio, buffers).filter((buffer) => buffer.dirty);
  for (const buffer of buffers) buffer.dirty = false;
  const writable = live.filter((buffer) => buffer.mapped);
  if (writable.length > 0) {
    mapping.startWriteback(folio);
    io.add(folio, writable);
  }
  folio.unlock();
}

/** One handle's worth of writeback: one run of blocks without a place, and the folios that hold it. */
class Pass {
  readonly #inode: Inode;
  readonly #control: WritebackControl;
  readonly #cursor: Cursor;
  /** Locked folios of the run, in order. */
  readonly #folios: Folio[] = [];
  /** How many of them were submitted: those are not locked any more, or by somebody else. */
  #submitted = 0;
  #runFirst = 0;
  #runLength = 0;
  /** Calls of mapBlocks that are still allowed: the reserved handle converts one extent for each. */
  #callsLeft: number;
  readonly #ranges: BlockRange[] = [];
  /** Set when a block that continues nothing was met: the folios end there. */
  #ended = false;
  /** Block after the last one that was submitted: nothing beyond it may be converted. */
  #submittedEnd = 0;

  constructor(inode: Inode, control: WritebackControl, cursor: Cursor) {
    this.#inode = inode;
    this.#control = control;
    this.#cursor = cursor;
    this.#callsLeft = Math.max(1, PAGE_BYTES / inode.blockSize);
  }

  *run(): Sleepable<Outcome> {
    const inode = this.#inode;
    const credits = mapCredits(inode, RUN_BLOCKS_MAX) * this.#callsLeft;
    const reserve = isUnwrittenFirst(inode) ? mapCredits(inode, 1) * this.#callsLeft : 0;
    const handle = yield* inode.sb.journal.start(credits, reserve);
    const io = new PageIo(inode);
    let failed: Errno | null = null;
    try {
      yield* this.#gather(io);
      if (this.#folios.length === 0) return 'done';
      failed = yield* this.#place(handle);
      const end = this.#submitPlaced(io);
      yield* growDiskSize(handle, inode, end);
      this.#convertAtEnd(handle, io);
    } finally {
      for (const folio of this.#folios.slice(this.#submitted)) folio.unlock();
      yield* handle.stop();
      io.submit();
    }
    return failed ?? 'more';
  }

  /** mpage_prepare_extent_to_map(): locks the folios of the next run; those that need no place go out directly. */
  *#gather(io: PageIo): Sleepable<void> {
    const inode = this.#inode;
    const cursor: Cursor = { next: this.#cursor.next, end: this.#cursor.end };
    while (!this.#ended && this.#control.budget > 0) {
      const folio = yield* nextDirty(inode, this.#control, cursor);
      if (folio === null) break;
      const buffers = ensureBuffers(folio, inode.blockSize);
      const live = liveBuffers(inode, folio, buffers);
      if (this.#runLength === 0 && !live.some(needsPlace)) {
        submitFolio(inode, folio, buffers, io);
        this.#cursor.next = folio.index + folio.pages;
      } else if (this.#joinsRun(folio, live)) {
        this.#folios.push(folio);
      } else {
        folio.unlock();
        break;
      }
      this.#control.budget -= folio.pages;
      cursor.next = folio.index + folio.pages;
    }
  }

  /** Adds the folio's blocks to the run while they continue it; false when none does (mpage_process_page_bufs). */
  #joinsRun(folio: Folio, live: readonly BufferHead[]): boolean {
    const first = folio.position / this.#inode.blockSize;
    let joined = false;
    for (const [index, buffer] of live.entries()) {
      const logical = first + index;
      if (!needsPlace(buffer)) {
        if (this.#runLength > 0) this.#ended = true;
        continue;
      }
      if (this.#runLength === 0) this.#runFirst = logical;
      else if (this.#ended || logical !== this.#runFirst + this.#runLength) return this.#endRun(joined);
      this.#runLength++;
      joined = true;
      if (this.#runLength >= RUN_BLOCKS_MAX) return this.#endRun(joined);
    }
    return joined;
  }

  #endRun(joined: boolean): boolean {
    this.#ended = true;
    return joined;
  }

  /**
   * mpage_map_and_submit_extent(): gives the blocks of the run, and whatever else its folios need, their places. Answers why one of
   * them could not have it.
   */
  *#place(handle: Handle): Sleepable<Errno | null> {
    const { blockSize } = this.#inode;
    for (const folio of this.#folios) {
      const buffers = liveBuffers(this.#inode, folio, ensureBuffers(folio, blockSize));
      const first = folio.position / blockSize;
      for (const [index, buffer] of buffers.entries()) {
        if (!needsPlace(buffer) || this.#isPlaced(first + index)) continue;
        if (this.#callsLeft === 0) return null;
        this.#callsLeft--;
        try {
          yield* this.#placeFrom(handle, first + index);
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          return error.errno;
        }
      }
    }
    return null;
  }

  #isPlaced(logical: number): boolean {
    return this.#ranges.some(({ first, end }) => logical >= first && logical < end);
  }

  *#placeFrom(handle: Handle, logical: number): Sleepable<void> {
    const inode = this.#inode;
    const inRun = logical >= this.#runFirst && logical < this.#runFirst + this.#runLength;
    const wanted = inRun ? this.#runFirst + this.#runLength - logical : 1;
    const mode = isUnwrittenFirst(inode) ? 'create-unwritten' : 'create';
    const mapping = yield* mapBlocks(handle, inode, logical, wanted, mode);
    inode.dataSyncTid = inode.syncTid = handle.transaction.tid;
    if (mapping.isNew && mapping.type === 'written') orderData(handle, inode);
    const end = mapping.logical + mapping.length;
    if (mapping.type === 'unwritten') this.#ranges.push({ first: mapping.logical, end });
    this.#assign(mapping.logical, end, mapping.physical, mapping.type === 'unwritten');
  }

  /** mpage_map_buffers(): the blocks [first, end) lie at `physical` and after it. */
  #assign(first: number, end: number, physical: number, unwritten: boolean): void {
    const { blockSize } = this.#inode;
    for (const folio of this.#folios) {
      const start = folio.position / blockSize;
      const buffers = ensureBuffers(folio, blockSize);
      if (start >= end || start + buffers.length <= first) continue;
      for (const [index, buffer] of buffers.entries()) {
        const logical = start + index;
        if (logical < first || logical >= end || !needsPlace(buffer)) continue;
        buffer.block = physical + (logical - first);
        buffer.mapped = true;
        buffer.delay = false;
        buffer.new = false;
        buffer.unwritten = unwritten;
      }
    }
  }

  /** Submits the folios whose blocks all got places; answers the byte up to which the file is placed. */
  #submitPlaced(io: PageIo): number {
    const inode = this.#inode;
    let end = 0;
    for (const folio of this.#folios) {
      const buffers = ensureBuffers(folio, inode.blockSize);
      const first = folio.position / inode.blockSize;
      const live = liveBuffers(inode, folio, buffers);
      if (!live.every((buffer, index) => !needsPlace(buffer) || this.#isPlaced(first + index))) break;
      for (const buffer of live) if (buffer.dirty) buffer.unwritten = false;
      submitFolio(inode, folio, buffers, io);
      this.#submitted++;
      end = Math.min(folio.end, inode.size);
      this.#submittedEnd = first + buffers.length;
      this.#cursor.next = folio.index + folio.pages;
    }
    return end;
  }

  #convertAtEnd(handle: Handle, io: PageIo): void {
    const limit = this.#submittedEnd;
    const { blockSize, mapping } = this.#inode;
    const narrow = mapping.faults.has('bh-converts-32-bit-positions');
    const ranges = this.#ranges
      .filter(({ first }) => first < limit)
      .map(({ first, end }) => ({ first, end: Math.min(end, limit) }))
      .map((range) => (narrow ? narrowed(range, blockSize) : range));
    if (ranges.length === 0) return;
    const reserved = handle.takeReserved();
    assert(reserved !== null, 'unwritten blocks were placed without a handle reserved to convert them');
    io.convertAtEnd(ranges, reserved);
  }
}

/** What the planted bug makes of a range: its position in bytes, in 32 bits. */
function narrowed({ first, end }: BlockRange, blockSize: number): BlockRange {
  const from = ((first * blockSize) >>> 0) / blockSize;
  return { first: from, end: from + end - first };
}

/**
 * There is no place for data that was promised one, for want of space, because of damage, or because the device fails: it is lost,
 * fsync will say so, and memory forgets it (the end of mpage_map_and_submit_extent, and mpage_release_unused_pages). What keeps space
 * back exists so that the first never happens.
 */
function* giveUp(inode: Inode, control: WritebackControl, cursor: Cursor, errno: Errno): Sleepable<void> {
  const { mapping, blockSize } = inode;
  const folio = yield* nextDirty(inode, control, cursor);
  if (folio === null) return;
  mapping.setError(errno);
  mapping.clearDirty(folio);
  mapping.operations.invalidateFolio(folio, 0, folio.size);
  folio.uptodate = false;
  const blocks = folio.size / blockSize;
  const missed = mapping.faults.has('bh-discard-misses-last-block') ? 1 : 0;
  if (blocks > missed) yield* punchDelayed(inode, folio.position / blockSize, blocks - missed);
  folio.unlock();
}
