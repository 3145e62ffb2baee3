import type { Sleepable } from '../sched/sleepable.ts';
import type { AddressSpace } from './address-space.ts';
import type { Folio } from './folio.ts';
import type { PageRun } from './folio-pool.ts';
import { unmapPages } from './reverse-map.ts';

/**
 * Moves the folios of pages [first, end) to other memory, as compaction does to make room for large folios
 * (migrate_pages). What is locked, or on its way to the device, stays where it is. Answers how many moved.
 */
export function* migrateFolios(mapping: AddressSpace, first: number, end: number): Sleepable<number> {
  let moved = 0;
  for (const folio of mapping.range(first, end)) {
    if (folio.locked || isBusy(mapping, folio)) continue;
    yield* folio.lock();
    if (!isBusy(mapping, folio) && migrate(mapping, folio)) moved++;
    folio.unlock();
  }
  return moved;
}

const isBusy = (mapping: AddressSpace, folio: Folio): boolean =>
  !folio.belongsTo(mapping) || folio.writeback || !folio.uptodate;

function migrate(mapping: AddressSpace, folio: Folio): boolean {
  const memory = mapping.pool.allocate(folio.order);
  if (memory === null) return false;
  if (mapping.areas !== null) unmapPages(mapping, folio.index, folio.index + folio.pages, false);
  const moved = mapping.operations.migrateFolio(mapping, folio, memory);
  if (!moved) mapping.pool.release(memory);
  return moved;
}

/** filemap_migrate_folio(): what is known of the folio does not depend on where its bytes lie. */
export function migrateFolio(mapping: AddressSpace, folio: Folio, memory: PageRun): boolean {
  mapping.moveTo(folio, memory);
  return true;
}
