import type { Sleepable } from '../sched/sleepable.ts';
import type { AddressSpace } from './address-space.ts';
import type { Folio } from './folio.ts';
import { pageIndex } from './page.ts';

/**
 * Throws the cached bytes from `start` on away (truncate_inode_pages). A folio across `start` loses only its tail, which
 * is zeroed so that it reads as zeros when the file grows again.
 */
export function* truncateCache(mapping: AddressSpace, start: number): Sleepable<void> {
  if (mapping.folioCount === 0) return;
  for (const folio of mapping.range(pageIndex(start), Infinity)) {
    yield* folio.lock();
    try {
      if (!folio.belongsTo(mapping)) continue;
      yield* folio.waitForWriteback();
      if (folio.position >= start) discard(mapping, folio);
      else truncatePartial(mapping, folio, start - folio.position);
    } finally {
      folio.unlock();
    }
  }
}

function discard(mapping: AddressSpace, folio: Folio): void {
  mapping.clearDirty(folio);
  if (folio.private !== null) mapping.operations.invalidateFolio(folio, 0, folio.size);
  mapping.remove(folio);
}

/** truncate_inode_partial_folio(), without splitting the folio. */
function truncatePartial(mapping: AddressSpace, folio: Folio, offset: number): void {
  folio.data.fill(0, offset);
  if (folio.private !== null) mapping.operations.invalidateFolio(folio, offset, folio.size - offset);
}

/** Throws everything away when a file system goes: nobody else uses the mapping any more. */
export function discardAll(mapping: AddressSpace): void {
  for (const folio of mapping.range(0, Infinity)) discard(mapping, folio);
}

/** Drops folios that are clean and idle (invalidate_mapping_pages). Answers how many pages became free. */
export function dropCleanFolios(mapping: AddressSpace): number {
  let pages = 0;
  for (const folio of mapping.range(0, Infinity)) {
    if (folio.locked || folio.dirty || folio.writeback) continue;
    if (folio.private !== null && !mapping.operations.releaseFolio(folio)) continue;
    mapping.remove(folio);
    pages += folio.pages;
  }
  return pages;
}
