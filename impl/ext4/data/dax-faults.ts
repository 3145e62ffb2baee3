import { daxFault } from '../../iomap/dax-fault.ts';
import { Failure } from '../../lib/errno.ts';
import type { VmOperations } from '../../mm/fault.ts';
import { whileValid } from '../../mm/invalidate-lock.ts';
import type { MemoryArea } from '../../mm/memory-area.ts';
import { PAGE_BYTES } from '../../mm/page.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { daxPlaceOps } from './dax-ops.ts';
import { lookupOps } from './iomap-ops.ts';
import { touchTimes } from './page-mkwrite.ts';

/** ext4_dax_vm_ops: mappings show the device itself. Unlike pageMkwrite, nobody asks here whether the file is immutable. */
export const daxFaults = (inode: Inode): VmOperations => ({
  load: (area, page) => loadFrom(inode, area, page),
  store: (area, page) => storeTo(inode, area, page),
});

function* loadFrom(inode: Inode, area: MemoryArea, page: number): Sleepable<Uint8Array | null> {
  for (;;) {
    const known = area.readable(page);
    if (known !== null) return known;
    if (!(yield* whileValid(inode.mapping, () => showPage(inode, area, page)))) return null;
  }
}

/** False is SIGBUS. */
function* showPage(inode: Inode, area: MemoryArea, page: number): Sleepable<boolean> {
  const found = yield* daxFault(inode, page, false, lookupOps);
  if (found !== null) area.installDevicePage(page, found, false);
  return found !== null;
}

/** What a private mapping stores to is a copy (dax_fault_cow_page). */
function* storeTo(inode: Inode, area: MemoryArea, page: number): Sleepable<Uint8Array | null> {
  for (;;) {
    const known = area.storable(page);
    if (known !== null) return known;
    if (area.shared) {
      if (!(yield* showStorablePage(inode, area, page))) return null;
      continue;
    }
    const shown = yield* loadFrom(inode, area, page);
    if (shown === null) return null;
    area.installCopy(page, shown);
  }
}

/** ext4_dax_huge_fault() for a store through a shared mapping. */
function* showStorablePage(inode: Inode, area: MemoryArea, page: number): Sleepable<boolean> {
  const { sb } = inode;
  // Linux changes the times also of a file that ends before the page.
  if (page * PAGE_BYTES >= inode.size) return false;
  yield* sb.freezer.startWrite();
  yield* touchTimes(inode);
  try {
    return yield* whileValid(inode.mapping, () => placePage(inode, area, page));
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

function* placePage(inode: Inode, area: MemoryArea, page: number): Sleepable<boolean> {
  inode.sb.health.failInEmergency();
  const found = yield* daxFault(inode, page, true, daxPlaceOps);
  if (found !== null) area.installDevicePage(page, found, true);
  return found !== null;
}
