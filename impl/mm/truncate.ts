import { READY, type Sleepable } from '../sched/sleepable.ts';
import type { AddressSpace } from './address-space.ts';
import type { Folio } from './folio.ts';
import { endPage, PAGE_BYTES, pageIndex } from './page.ts';
import { unmapPages, writeProtect } from './reverse-map.ts';

/**
 * The file ends at `start` now: cached bytes behind it are thrown away, and no mapping shows them any more, not even a
 * private one its copies (truncate_pagecache).
 */
export function truncatePages(mapping: AddressSpace, start: number): Sleepable<void> {
  if (mapping.areas !== null) unmapPages(mapping, endPage(start), Infinity, true);
  return truncateCache(mapping, start);
}

/**
 * Throws the cached bytes [start, end) away (truncate_inode_pages_range). A folio across a border loses only its share, which
 * is zeroed so that it reads as zeros when the file grows again.
 */
export function truncateCache(mapping: AddressSpace, start: number): Sleepable<void> {
  return truncateRange(mapping, start, Infinity);
}

/**
 * The same for bytes [start, end) in the middle of a file, multiples of its block size (truncate_pagecache_range, and what
 * ext4_truncate_page_cache_block_range adds): a store to what is left of a folio faults again, as blocks of it may be gone.
 * The copies of private mappings stay.
 */
export function truncateRange(mapping: AddressSpace, start: number, end: number): Sleepable<void> {
  // Of a page of the device that stays in part, the caller zeroes what goes, on the device.
  if (mapping.devicePages !== null) mapping.devicePages.remove(endPage(start), pageIndex(end));
  return mapping.folioCount === 0 ? READY : truncateFolios(mapping, start, end);
}

function* truncateFolios(mapping: AddressSpace, start: number, end: number): Sleepable<void> {
  for (const folio of mapping.range(pageIndex(start), endPage(end))) {
    yield* folio.lock();
    try {
      if (!folio.belongsTo(mapping)) continue;
      if (!mapping.faults.has('truncate-skips-writeback-drain')) yield* folio.waitForWriteback();
      if (folio.position >= start && folio.end <= end) removeFolio(mapping, folio);
      else truncatePartial(mapping, folio, start, end);
    } finally {
      folio.unlock();
    }
  }
}

/** The folio leaves the file, whatever it holds (truncate_inode_folio). It is locked and not under writeback. */
export function removeFolio(mapping: AddressSpace, folio: Folio): void {
  mapping.clearDirty(folio);
  if (mapping.areas !== null) unmapPages(mapping, folio.index, folio.index + folio.pages, false);
  if (folio.private !== null) mapping.operations.invalidateFolio(folio, 0, folio.size);
  mapping.remove(folio);
}

/** truncate_inode_partial_folio(), without splitting the folio: bytes [start, end) of the file, as far as they are in it. */
function truncatePartial(mapping: AddressSpace, folio: Folio, start: number, end: number): void {
  const from = Math.max(0, start - folio.position);
  const signed = end === Infinity && mapping.faults.has('truncate-compares-end-signed');
  const to = signed ? from : Math.min(folio.size, end - folio.position);
  folio.data.fill(0, from, to);
  if (mapping.areas !== null) {
    unmapPages(mapping, endPage(folio.position + from), pageIndex(folio.position + to), false);
    const cutsPages = from % PAGE_BYTES !== 0 || to % PAGE_BYTES !== 0;
    const protects = !mapping.faults.has('punch-keeps-page-writable');
    if (end !== Infinity && cutsPages && protects) writeProtect(mapping, folio);
  }
  if (folio.private !== null) mapping.operations.invalidateFolio(folio, from, to - from);
}

/**
 * The file, which ends at `oldSize`, is about to end at `newSize` or behind it: what was stored behind its old end, in
 * memory only, must not become part of it, and the next store to that page faults, because blocks of it may have no place
 * (pagecache_isize_extended).
 */
export function extendPages(mapping: AddressSpace, oldSize: number, newSize: number): Sleepable<void> {
  return mapping.wasMapped && oldSize % PAGE_BYTES !== 0 ? zeroOldTail(mapping, oldSize, newSize) : READY;
}

function* zeroOldTail(mapping: AddressSpace, oldSize: number, newSize: number): Sleepable<void> {
  const folio = mapping.find(pageIndex(oldSize));
  if (folio === null) return;
  yield* folio.lock();
  if (folio.belongsTo(mapping)) {
    if (!mapping.faults.has('growth-keeps-page-writable')) writeProtect(mapping, folio);
    // A clean folio was zeroed when it was written; and only the page that the file ended in could be stored to.
    const end = Math.min(newSize, (pageIndex(oldSize) + 1) * PAGE_BYTES);
    const zeroes = folio.dirty && !mapping.faults.has('growth-keeps-stored-tail');
    if (zeroes) folio.data.fill(0, oldSize - folio.position, end - folio.position);
  }
  folio.unlock();
}

/** Throws everything away when a file system goes: nobody else uses the mapping any more. */
export function discardAll(mapping: AddressSpace): void {
  mapping.devicePages?.remove(0, Infinity);
  for (const folio of mapping.range(0, Infinity)) removeFolio(mapping, folio);
}
