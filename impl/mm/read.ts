import { preemptible, preemptionPoint, ready, type Sleepable } from '../sched/sleepable.ts';
import type { AddressSpace } from './address-space.ts';
import { grabFolio } from './filemap.ts';
import type { Folio } from './folio.ts';
import { PAGE_BYTES, pageIndex } from './page.ts';

/** Pages that one read asks for at once; a longer read comes back for more. */
const READAHEAD_PAGES_MAX = 512;

/**
 * Copies bytes of the file from `position` on into `target`, as far as the file goes, reading what is not cached
 * (filemap_read). Answers the number of bytes. Fails with EIO when nothing could be read.
 */
export function* readThroughCache(
  mapping: AddressSpace,
  position: number,
  target: Uint8Array,
): Sleepable<number> {
  let done = 0;
  while (done < target.length) {
    const at = position + done;
    // The size is read anew for each folio: a truncation may happen in between.
    if (at >= mapping.host.size) break;
    const folio = yield* uptodateFolio(mapping, at, target.length - done);
    if (folio === null) continue;
    const offset = at - folio.position;
    const available = Math.min(folio.end, mapping.host.size) - at;
    const length = Math.min(target.length - done, available);
    if (length <= 0) break;
    target.set(folio.data.subarray(offset, offset + length), done);
    done += length;
  }
  return done;
}

/** The folio of byte `position`, good to read there; null when it was truncated meanwhile: look again. */
function uptodateFolio(mapping: AddressSpace, position: number, length: number): Sleepable<Folio | null> {
  const folio = mapping.find(pageIndex(position));
  return folio?.uptodate === true && !preemptible() ? ready(folio) : bringFolio(mapping, position, length);
}

function* bringFolio(mapping: AddressSpace, position: number, length: number): Sleepable<Folio | null> {
  yield* preemptionPoint('look-up of folios');
  const index = pageIndex(position);
  let folio = mapping.find(index);
  if (folio === null) {
    yield* readahead(mapping, position, length);
    folio = mapping.find(index);
    if (folio === null) return null;
  }
  if (folio.uptodate) return folio;
  yield* folio.lock();
  if (!folio.belongsTo(mapping)) {
    folio.unlock();
    return null;
  }
  const offset = position - folio.position;
  const wanted = Math.min(length, folio.size - offset, mapping.host.size - position);
  if (mapping.operations.isPartiallyUptodate(folio, offset, wanted)) {
    folio.unlock();
    return folio;
  }
  yield* mapping.operations.readFolio(folio);
  return folio.belongsTo(mapping) ? folio : null;
}

/** Brings the missing part of a read into the cache in as few transfers as its layout allows (page_cache_sync_ra). */
function* readahead(mapping: AddressSpace, position: number, length: number): Sleepable<void> {
  const end = Math.min(position + length, mapping.host.size);
  let index = pageIndex(position);
  const last = Math.min(pageIndex(end - 1), index + READAHEAD_PAGES_MAX - 1);
  const folios: Folio[] = [];
  while (index <= last && mapping.find(index) === null) {
    const folio = yield* grabFolio(mapping, index * PAGE_BYTES, (last - index + 1) * PAGE_BYTES);
    folios.push(folio);
    index = folio.index + folio.pages;
  }
  if (folios.length > 0) yield* mapping.operations.readahead(mapping, folios);
}
