import type { Sleepable } from '../sched/sleepable.ts';
import type { AddressSpace } from './address-space.ts';
import type { DevicePages } from './device-pages.ts';
import type { Folio } from './folio.ts';
import { PAGE_BYTES, pageIndex } from './page.ts';

/**
 * The first byte in [start, end) that the page cache has something good to read of (`data`), or nothing (`hole`), in steps of
 * blocks; null when there is none (mapping_seek_hole_data). A folio that was only read counts as data, as in the kernel.
 */
export function* seekCached(
  mapping: AddressSpace,
  blockSize: number,
  start: number,
  end: number,
  wanted: 'data' | 'hole',
): Sleepable<number | null> {
  if (mapping.devicePages !== null) return seekDevicePages(mapping.devicePages, start, end, wanted);
  let position = start;
  while (position < end) {
    const folio = mapping.next(pageIndex(position));
    if (folio === null || folio.position > position) {
      if (wanted === 'hole') return position;
      if (folio === null || folio.position >= end) return null;
      position = folio.position;
    }
    if (folio.end <= position) return null;
    const found = yield* seekInFolio(folio, position, mapping, blockSize, wanted);
    if (found < folio.end) return found < end ? found : null;
    position = folio.end;
  }
  return null;
}

/** The same where mappings show pages of the device: each page that was loaded or stored to counts as data. */
function seekDevicePages(
  pages: DevicePages,
  start: number,
  end: number,
  wanted: 'data' | 'hole',
): number | null {
  for (let position = start; position < end; position += PAGE_BYTES - (position % PAGE_BYTES)) {
    if ((pages.find(pageIndex(position)) !== null) === (wanted === 'data')) return position;
  }
  return null;
}

/** The first wanted byte of the folio from `position` on, or its end (folio_seek_hole_data). */
function* seekInFolio(
  folio: Folio,
  position: number,
  mapping: AddressSpace,
  blockSize: number,
  wanted: 'data' | 'hole',
): Sleepable<number> {
  if (folio.uptodate) return wanted === 'data' ? position : folio.end;
  yield* folio.lock();
  try {
    if (!folio.belongsTo(mapping)) return wanted === 'data' ? folio.end : position;
    const first = mapping.faults.has('seek-ignores-offset-in-folio') ? folio.position : position;
    for (let at = first; at < folio.end; at += blockSize - (at % blockSize)) {
      const offset = at - (at % blockSize) - folio.position;
      const good = mapping.operations.isPartiallyUptodate(folio, offset, blockSize);
      if (good === (wanted === 'data')) return Math.max(at, position);
    }
    return folio.end;
  } finally {
    folio.unlock();
  }
}
