import type { AddressSpace } from './address-space.ts';
import type { DevicePage } from './device-pages.ts';
import type { Folio } from './folio.ts';

/** From the pages of a file to the mappings that show them (mm/rmap.c). A file that nobody maps costs one comparison. */

/**
 * Pages [first, end) of the file are taken out of every mapping (unmap_mapping_pages); with `copiesToo` also the copies that
 * private mappings made of them, which only a truncation takes away.
 */
export function unmapPages(mapping: AddressSpace, first: number, end: number, copiesToo: boolean): void {
  if (mapping.areas !== null) for (const area of mapping.areas) area.unmap(first, end, copiesToo);
}

/** The next store to the folio faults again (folio_mkclean). Answers whether one would have gone through. */
export function writeProtect(mapping: AddressSpace, folio: Folio | DevicePage): boolean {
  let found = false;
  if (mapping.areas !== null) for (const area of mapping.areas) if (area.writeProtect(folio)) found = true;
  return found;
}

/** Does a mapping show a page of the folio (folio_mapped)? */
export function isMappedAnywhere(mapping: AddressSpace, folio: Folio): boolean {
  if (mapping.areas !== null) for (const area of mapping.areas) if (area.maps(folio)) return true;
  return false;
}
