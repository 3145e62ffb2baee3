import { fail } from '../lib/errno.ts';
import type { AddressSpace } from '../mm/address-space.ts';
import type { WritebackControl } from '../mm/address-space-operations.ts';
import type { DevicePage } from '../mm/device-pages.ts';
import { endPage, PAGE_BYTES, pageIndex } from '../mm/page.ts';
import { writeProtect } from '../mm/reverse-map.ts';
import { ready, type Sleepable } from '../sched/sleepable.ts';
import { memoryOf, placeOf } from './dax-io.ts';
import type { IomapFile } from './host.ts';
import type { IomapOps } from './iomap.ts';
import { iterate } from './iterate.ts';

/**
 * dax_iomap_fault(): the page of the device that a mapping is to show, for a load the page of zeros over a hole; null behind the
 * end of the file (SIGBUS). With `write` the page is dirty afterwards, and `ops` find or make a place. Under invalidate_lock, shared.
 * Fails with EIO, ENOSPC.
 */
export function* daxFault<F extends IomapFile>(
  file: F,
  page: number,
  write: boolean,
  ops: IomapOps<F>,
): Sleepable<DevicePage | null> {
  const position = page * PAGE_BYTES;
  if (position >= file.size) return null;
  const pages = file.mapping.useDevicePages();
  let found: DevicePage | null = null;
  yield* iterate(file, position, PAGE_BYTES, ops, (iomap, start, span) => {
    const mapped = iomap.type === 'mapped';
    if (!mapped && (write || iomap.type === 'delalloc')) fail('EIO');
    found = pages.enter(page, memoryOf(file), mapped ? placeOf(iomap, start) : null);
    if (write) pages.markDirty(found);
    return ready(span);
  });
  return found;
}

/**
 * dax_writeback_mapping_range(): what was stored through mappings is durable, and the next store to it faults. Only when somebody
 * waits for that: there is no memory to be won.
 */
export function daxWriteback(mapping: AddressSpace, { start, end, sync }: WritebackControl): void {
  const pages = mapping.devicePages;
  if (pages === null || sync !== 'all') return;
  const first = pageIndex(start);
  const stop = endPage(end);
  for (const [index, page] of pages.entries()) {
    if (!page.dirty || index < first || index >= stop) continue;
    writeProtect(mapping, page);
    page.flush();
    pages.markClean(page);
  }
}
