import type { MemoryArea } from './memory-area.ts';
import { endPage } from './page.ts';
import type { ReadaheadState } from './readahead-state.ts';

/** Pages of a mapping that one load makes readable: 64 KiB of it (fault_around_bytes). */
const AROUND_PAGES = 16;

/**
 * A load found nothing mapped at a page: whatever is good to read around it is mapped with it, so that no load of those faults
 * (do_fault_around, filemap_map_pages). Not a marked folio: who comes there is to be noticed. Each page makes up for a fault that
 * found nothing in the cache.
 */
export function faultAround(area: MemoryArea, state: ReadaheadState, page: number): void {
  const { mapping, firstPage } = area;
  const first = page - ((page - firstPage) % AROUND_PAGES);
  const end = Math.min(first + AROUND_PAGES, firstPage + area.pages, endPage(mapping.host.size));
  for (let each = first; each < end; each++) {
    const folio = area.readable(each) === null ? mapping.find(each) : null;
    if (folio === null || folio.locked || !folio.uptodate || folio.readaheadMark) continue;
    area.install(each, folio, false);
    if (state.mapMisses > 0) state.mapMisses--;
  }
}
