import type { Sleepable } from '../sched/sleepable.ts';
import type { AddressSpace } from './address-space.ts';
import { endPage, pageIndex } from './page.ts';
import { isMappedAnywhere, unmapPages } from './reverse-map.ts';

/** Taking cached bytes out of memory because the device holds newer ones, or nobody wants them; nothing leaves the file. */

/**
 * Takes every folio that touches bytes [start, end) out of the cache, waiting for locks and writeback
 * (invalidate_inode_pages2_range). Answers whether all of them could go: a folio that is dirty again stays.
 */
export function* invalidateRange(mapping: AddressSpace, start: number, end: number): Sleepable<boolean> {
  if (mapping.folioCount === 0) return true;
  let all = true;
  for (const folio of mapping.range(pageIndex(start), endPage(end))) {
    yield* folio.lock();
    try {
      if (!folio.belongsTo(mapping)) continue;
      yield* folio.waitForWriteback();
      // Who has it in a mapping faults again and finds what the device holds, also when it is dirty again and stays.
      if (mapping.areas !== null) unmapPages(mapping, folio.index, folio.index + folio.pages, false);
      if (!mapping.drop(folio)) all = false;
    } finally {
      folio.unlock();
    }
  }
  return all;
}

/** Is any folio of bytes [start, end) cached (filemap_range_has_page)? */
export function hasFolio(mapping: AddressSpace, start: number, end: number): boolean {
  const folio = mapping.next(pageIndex(start));
  return folio !== null && folio.position < end;
}

/** Is a folio of bytes [start, end) dirty, locked or under writeback (filemap_range_needs_writeback)? */
export const needsWriteback = (mapping: AddressSpace, start: number, end: number): boolean =>
  (mapping.dirtyFolios > 0 || mapping.writebackFolios > 0) &&
  mapping
    .range(pageIndex(start), endPage(end))
    .some((folio) => folio.dirty || folio.locked || folio.writeback);

/** Drops folios of bytes [start, end) that lie wholly in it, are clean and idle, and in no mapping (invalidate_mapping_pages). */
export function dropCleanRange(mapping: AddressSpace, start: number, end: number): void {
  for (const folio of mapping.range(pageIndex(start), endPage(end))) {
    if (folio.locked || folio.position < start || folio.end > end) continue;
    if (mapping.areas === null || !isMappedAnywhere(mapping, folio)) mapping.drop(folio);
  }
}

/** Drops clean and idle folios of pages [first, end), in mappings or not (shrink_folio_list, try_to_unmap). */
export function reclaimFolios(mapping: AddressSpace, first = 0, end = Infinity): void {
  for (const folio of mapping.range(first, end)) if (!folio.locked) mapping.drop(folio);
}
