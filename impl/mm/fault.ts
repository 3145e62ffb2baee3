import { Failure } from '../lib/errno.ts';
import { type Sleepable } from '../sched/sleepable.ts';
import type { AddressSpace } from './address-space.ts';
import { faultAround } from './fault-around.ts';
import { grabFolio } from './filemap.ts';
import type { Folio } from './folio.ts';
import { whileValid } from './invalidate-lock.ts';
import type { MemoryArea } from './memory-area.ts';
import { PAGE_BYTES } from './page.ts';
import { readAheadOfFault, readAround } from './read-around.ts';
import type { ReadaheadState } from './readahead-state.ts';

/**
 * What came of making a folio writable. `locked`: it is dirty, locked and still in the file; `again`: it is not in the file
 * any more, look again; `sigbus`: it cannot be written to.
 */
export type MkwriteOutcome = 'locked' | 'again' | 'sigbus';

/** What is asked of a file whose cached pages are mapped. */
export interface MappedFile {
  readonly mapping: AddressSpace;
  /** Of the open file that was mapped. */
  readonly readahead: ReadaheadState;
  /**
   * A store is about to go through to a folio that is write-protected: its blocks get places or promises of them, and it
   * becomes dirty.
   */
  makeWritable(folio: Folio): Sleepable<MkwriteOutcome>;
}

/**
 * What a mapping does about faults (vm_operations_struct): the bytes of a page of the mapping, for a load or a store; null is
 * SIGBUS. They are good until the caller sleeps. Fails where the file system met damage, or the device failed: SIGBUS, too.
 */
export interface VmOperations {
  readonly load: (area: MemoryArea, page: number) => Sleepable<Uint8Array | null>;
  readonly store: (area: MemoryArea, page: number) => Sleepable<Uint8Array | null>;
}

/** Of files that are in the page cache (generic_file_vm_ops). */
export const cachedFaults = (file: MappedFile): VmOperations => ({
  load: (area, page) => pageToLoad(area, file, page),
  store: (area, page) => pageToStore(area, file, page),
});

/** Is the page at or behind the end of the file? There SIGBUS is all that one gets. */
const isBeyondEnd = (mapping: AddressSpace, page: number): boolean => page * PAGE_BYTES >= mapping.host.size;

/** Null, SIGBUS: the page is behind the end of the file, or could not be read. */
function* pageToLoad(area: MemoryArea, file: MappedFile, page: number): Sleepable<Uint8Array | null> {
  for (;;) {
    if (area.readable(page) === null) faultAround(area, file.readahead, page);
    const known = area.readable(page);
    if (known !== null) return known;
    const folio = yield* faultIn(file, page);
    if (folio === null) return null;
    area.install(page, folio, false);
    folio.unlock();
  }
}

/** The same for a store: the page of a shared mapping is dirty, that of a private one a copy. */
function* pageToStore(area: MemoryArea, file: MappedFile, page: number): Sleepable<Uint8Array | null> {
  for (;;) {
    const known = area.storable(page);
    if (known !== null) return known;
    const folio = yield* faultIn(file, page);
    if (folio === null) return null;
    if (!area.shared) {
      const offset = (page - folio.index) * PAGE_BYTES;
      area.installCopy(page, folio.data.subarray(offset, offset + PAGE_BYTES));
      folio.unlock();
      continue;
    }
    folio.unlock();
    const outcome = yield* file.makeWritable(folio);
    if (outcome === 'sigbus') return null;
    if (outcome === 'again') continue;
    area.install(page, folio, true);
    folio.unlock();
  }
}

/** filemap_fault(): the folio of the page, uptodate and locked; null is SIGBUS. */
function* faultIn(file: MappedFile, page: number): Sleepable<Folio | null> {
  const { mapping } = file;
  if (isBeyondEnd(mapping, page)) return null;
  const cached = mapping.find(page);
  if (cached !== null) yield* readAheadOfFault(mapping, file.readahead, cached, page);
  for (;;) {
    if (isBeyondEnd(mapping, page)) return null;
    if (!(yield* bringIn(file, page))) return null;
    const folio = mapping.find(page);
    if (folio === null) continue;
    yield* folio.lock();
    if (folio.belongsTo(mapping) && folio.uptodate && !isBeyondEnd(mapping, page)) return folio;
    folio.unlock();
  }
}

/** Reads the page's folio where it is not in memory; false when the device failed. */
function* bringIn(file: MappedFile, page: number): Sleepable<boolean> {
  const { mapping } = file;
  if (mapping.find(page)?.uptodate === true) return true;
  try {
    yield* whileValid(mapping, () => readPage(file, page));
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

function* readPage({ mapping, readahead }: MappedFile, page: number): Sleepable<void> {
  if (mapping.find(page) === null) yield* readAround(mapping, readahead, page);
  if (mapping.find(page) === null) yield* readAlone(mapping, page);
  const folio = mapping.find(page);
  if (folio !== null && !folio.uptodate) yield* readLocked(mapping, folio);
}

/** Unless somebody has read it, or taken it out of the file, while this task waited for it. */
function* readLocked(mapping: AddressSpace, folio: Folio): Sleepable<void> {
  yield* folio.lock();
  if (folio.belongsTo(mapping) && !folio.uptodate) yield* mapping.operations.readFolio(folio);
  else folio.unlock();
}

/** What was not read with others comes in by itself, unless the file ends before it by now. Fails with ENOMEM. */
function* readAlone(mapping: AddressSpace, page: number): Sleepable<void> {
  if (isBeyondEnd(mapping, page)) return;
  const folio = yield* grabFolio(mapping, page * PAGE_BYTES, PAGE_BYTES);
  if (folio.uptodate) folio.unlock();
  else yield* mapping.operations.readFolio(folio);
}
