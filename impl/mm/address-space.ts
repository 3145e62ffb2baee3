import { assert } from '../lib/assert.ts';
import { Failure, type Errno } from '../lib/errno.ts';
import { NO_FAULTS, type FaultSwitches } from '../lib/faults.ts';
import type { RwSemaphore } from '../sched/lock.ts';
import type { AddressSpaceOperations } from './address-space-operations.ts';
import { DevicePages } from './device-pages.ts';
import { ErrorSequence, type ErrorWatcher } from './error-sequence.ts';
import { Folio } from './folio.ts';
import { FolioList } from './folio-list.ts';
import type { FolioPool, PageRun } from './folio-pool.ts';
import type { MemoryArea } from './memory-area.ts';
import { isMappedAnywhere, unmapPages, writeProtect } from './reverse-map.ts';

/** What the page cache must know about the file whose bytes it holds. */
export interface MappingHost {
  readonly ino: number;
  /** i_size, bytes. */
  size: number;
  /** The errors of all files of the file system (s_wb_err), where it keeps them. */
  readonly lostWrites?: ErrorSequence;
  /** Held for reading while bytes come into the cache, for writing while they leave the file (invalidate_lock). */
  readonly invalidateLock?: RwSemaphore;
}

/** The cached folios of one file (struct address_space). */
export class AddressSpace {
  readonly host: MappingHost;
  readonly pool: FolioPool;
  operations: AddressSpaceOperations;
  /** Bugs that are planted in the code that serves this file. */
  faults: FaultSwitches = NO_FAULTS;
  /** No folio is smaller than a block of the file system (mapping_set_folio_min_order); 0 for blocks up to a page. */
  readonly folioOrderMin: number;
  readonly #folios = new FolioList<Folio>();
  #dirtyFolios = 0;
  #writebackFolios = 0;
  /** Mappings with folios that are dirty or under writeback, shared by a file system: what sync has to visit (s_inodes_wb has the latter). */
  readonly #unsyncedMappings: Set<AddressSpace>;
  /** The memory areas that show the file (i_mmap); null while there are none. */
  areas: Set<MemoryArea> | null = null;
  /** Somebody has mapped the file: bytes behind its end may have been stored to since, in memory. */
  wasMapped = false;
  /** Pages that lie on the device, which mappings show without a folio; null while there are none. */
  #devicePages: DevicePages | null = null;
  /** Made when a write fails first: most never do. */
  #errors: ErrorSequence | null = null;
  /** AS_EIO, AS_ENOSPC: a write was lost, and nobody who waits for writes was told. */
  #lost: 'EIO' | 'ENOSPC' | null = null;
  #failures = 0;

  constructor(
    host: MappingHost,
    pool: FolioPool,
    operations: AddressSpaceOperations,
    unsyncedMappings: Set<AddressSpace>,
    folioOrderMin = 0,
  ) {
    this.folioOrderMin = folioOrderMin;
    this.host = host;
    this.pool = pool;
    this.operations = operations;
    this.#unsyncedMappings = unsyncedMappings;
  }

  /** Bytes of the folio that lie within the file; none, or fewer, when it was truncated away. */
  liveBytes(folio: Folio): number {
    return folio.belongsTo(this) ? Math.min(folio.size, this.host.size - folio.position) : 0;
  }

  get folioCount(): number {
    return this.#folios.count;
  }

  get devicePages(): DevicePages | null {
    return this.#devicePages;
  }

  /** The same for whoever is about to enter one. */
  useDevicePages(): DevicePages {
    return (this.#devicePages ??= new DevicePages(this));
  }

  /** Folios, or pages of the device. */
  get dirtyFolios(): number {
    return this.#dirtyFolios;
  }

  get writebackFolios(): number {
    return this.#writebackFolios;
  }

  /** The folio that holds page `index` (filemap_get_folio). */
  find(index: number): Folio | null {
    const folio = this.#folios.firstBehind(index);
    return folio !== undefined && folio.index <= index ? folio : null;
  }

  /** The first folio that holds page `index` or a later one. */
  next(index: number): Folio | null {
    return this.#folios.firstBehind(index) ?? null;
  }

  /** The first dirty folio that holds page `index` or a later one (filemap_get_folios_tag). */
  nextDirty(index: number): Folio | null {
    return this.#folios.firstDirtyBehind(index) ?? null;
  }

  /** The folios that overlap pages [first, end), as they are now. */
  range(first: number, end: number): Folio[] {
    return this.#folios.range(first, end);
  }

  /** Those of them that are dirty now. */
  dirtyRange(first: number, end: number): Folio[] {
    return this.#dirtyFolios === 0 ? [] : this.#folios.range(first, end, true);
  }

  /** The largest order <= `order` of a folio at an aligned `index` that meets no other folio. */
  roomFor(index: number, order: number): number {
    let fits = order;
    while (fits > 0) {
      const first = index - (index % (1 << fits));
      const next = this.#folios.firstBehind(first);
      if (next === undefined || next.index >= first + (1 << fits)) return fits;
      fits--;
    }
    return 0;
  }

  /** Puts a new folio into the cache, locked and not uptodate (filemap_add_folio). */
  add(index: number, memory: PageRun): Folio {
    const folio = new Folio(this, index, memory);
    assert(
      this.#folios.insert(folio),
      () => `folio ${index} overlaps folio ${this.next(index)?.index ?? -1}`,
    );
    folio.lockUnshared();
    return folio;
  }

  /** Takes a clean folio out of the cache and frees its memory (filemap_remove_folio). */
  remove(folio: Folio): void {
    assert(folio.mapping === this, () => `folio ${folio.index} is not in this mapping`);
    assert(
      !folio.dirty && !folio.writeback,
      () => `folio ${folio.index} leaves the cache dirty or under writeback`,
    );
    assert(folio.private === null, () => `folio ${folio.index} leaves the cache with private state`);
    assert(
      this.areas === null || !isMappedAnywhere(this, folio),
      () => `folio ${folio.index} leaves the cache while it is mapped`,
    );
    assert(this.#folios.remove(folio), () => `folio ${folio.index} is not where it should be`);
    folio.mapping = null;
    this.pool.release(folio.memory);
  }

  /**
   * The bytes of a folio that is locked, unmapped and not under writeback go to `memory` (folio_migrate_mapping). It stays the same
   * folio: whoever has it in a list, and waits for one before it, has no reference that could be counted, and would miss another.
   */
  moveTo(folio: Folio, memory: PageRun): void {
    assert(
      folio.mapping === this && folio.locked && !folio.writeback,
      () => `folio ${folio.index} cannot be moved`,
    );
    memory.data.set(folio.data);
    this.pool.release(folio.memory);
    folio.memory = memory;
  }

  /**
   * Marks what is dirty now in pages [first, end): a writeback for integrity writes that and nothing that becomes dirty
   * while it runs, or it might never end (tag_pages_for_writeback).
   */
  tagForWriteback(first: number, end: number): void {
    for (const folio of this.dirtyRange(first, end)) folio.toWrite = true;
  }

  /** filemap_dirty_folio(): answers whether the folio was clean. */
  markDirty(folio: Folio): boolean {
    if (folio.dirty) return false;
    assert(folio.mapping === this, () => `folio ${folio.index} is dirtied outside its mapping`);
    folio.dirty = true;
    this.#folios.countDirty(folio, 1);
    this.countDirty(1);
    return true;
  }

  /** One more, or one less, is dirty. */
  countDirty(change: 1 | -1): void {
    this.#dirtyFolios += change;
    this.#noteUnsynced(change);
  }

  /** One more, or one less, is on its way: sync has to visit the mapping while there is any. */
  #noteUnsynced(change: 1 | -1): void {
    const count = this.#dirtyFolios + this.#writebackFolios;
    if (count === 0) this.#unsyncedMappings.delete(this);
    else if (count === change) this.#unsyncedMappings.add(this);
  }

  /**
   * folio_clear_dirty_for_io() and folio_cancel_dirty(): the next store to it through a mapping faults, and makes it dirty
   * again.
   */
  clearDirty(folio: Folio): boolean {
    if (!folio.dirty) return false;
    folio.dirty = folio.toWrite = false;
    this.#folios.countDirty(folio, -1);
    if (this.areas !== null) writeProtect(this, folio);
    this.countDirty(-1);
    return true;
  }

  startWriteback(folio: Folio): void {
    assert(!folio.writeback, () => `folio ${folio.index} is under writeback already`);
    folio.writeback = true;
    this.#writebackFolios++;
    this.#noteUnsynced(1);
  }

  endWriteback(folio: Folio): void {
    assert(folio.writeback, () => `folio ${folio.index} is not under writeback`);
    folio.writeback = false;
    this.#writebackFolios--;
    this.#noteUnsynced(-1);
    if (folio.dropBehind) this.#dropBehind(folio);
  }

  /** folio_end_dropbehind(): it was brought in for one write only, which is done. */
  #dropBehind(folio: Folio): void {
    if (!folio.locked && folio.mapping === this) this.drop(folio);
  }

  /**
   * Takes a folio of this file, on which nobody works, out of the cache and of every mapping, unless it is dirty, on its way
   * to the device, or its private state is still needed (remove_mapping). Answers whether it is gone. Whoever needs its bytes
   * reads them again.
   */
  drop(folio: Folio): boolean {
    if (folio.dirty || folio.writeback) return false;
    if (this.areas !== null) unmapPages(this, folio.index, folio.index + folio.pages, false);
    if (folio.private !== null && !this.operations.releaseFolio(folio)) return false;
    this.remove(folio);
    return true;
  }

  attach(area: MemoryArea): void {
    (this.areas ??= new Set()).add(area);
    this.wasMapped = true;
  }

  detach(area: MemoryArea): void {
    this.areas?.delete(area);
    if (this.areas?.size === 0) this.areas = null;
  }

  /** mapping_set_error(). */
  setError(errno: Errno): void {
    this.#failures++;
    this.#lost = errno === 'ENOSPC' ? 'ENOSPC' : 'EIO';
    if (this.faults.has('lost-write-tells-nobody')) return;
    (this.#errors ??= new ErrorSequence()).record(errno);
    this.host.lostWrites?.record(errno);
  }

  /** Writes that failed so far, whoever was told. */
  get failures(): number {
    return this.#failures;
  }

  /** What a file that is opened now has seen of the errors (filemap_sample_wb_err). */
  sampleErrors(): number {
    if (this.#errors === null) return 0;
    return this.faults.has('opener-misses-lost-write') ? this.#errors.latest : this.#errors.sample();
  }

  /** Fails with an error that the open file was not told of (file_check_and_advance_wb_err). */
  reportError(watcher: ErrorWatcher): void {
    if (this.#errors === null) return;
    const errno = this.#errors.check(watcher);
    if (errno === null) return;
    this.#lost = null;
    throw new Failure(errno);
  }

  /** Fails when a write was lost since somebody asked this last (filemap_check_errors). */
  checkLost(): void {
    const lost = this.#lost;
    if (lost === null) return;
    this.#lost = null;
    throw new Failure(lost);
  }
}
