import type { LockClass } from '../sched/task.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { AddressSpace } from './address-space.ts';
import type { Folio } from './folio.ts';
import type { PageRun } from './folio-pool.ts';

/** What a writeback is asked for (struct writeback_control). Positions in bytes; `end` is exclusive. */
export interface WritebackControl {
  readonly start: number;
  readonly end: number;
  /**
   * `all`: everything that is dirty when it begins is submitted, also what is under writeback already (WB_SYNC_ALL); `none`:
   * best effort.
   */
  readonly sync: 'none' | 'all';
  /** Pages that may still be written; Infinity for integrity. */
  budget: number;
}

/** Pages of a file that lie one behind the other on the device, whole pages of which they are (struct swap_extent). */
export interface SwapExtent {
  /** Number of the first among the pages that are used, not in the file. */
  readonly start: number;
  readonly pages: number;
  /** Number of the first of the device's pages. */
  readonly devicePage: number;
}

/** A writeback for integrity writes what was dirty when it began, any other what is dirty. */
export const isWanted = (folio: Folio, { sync }: WritebackControl): boolean =>
  sync === 'all' ? folio.toWrite : folio.dirty;

export const WRITE_EVERYTHING = (sync: 'none' | 'all'): WritebackControl => ({
  start: 0,
  end: Infinity,
  sync,
  budget: Infinity,
});

/**
 * struct address_space_operations. The table, not a flag, makes an inode use one path or the other.
 */
export interface AddressSpaceOperations {
  readonly name: string;
  /** Where the lock of a folio stands in the lock order: before or after the start of a handle. */
  readonly folioLock: LockClass;
  /** Largest folio this path puts into the cache, as an order. */
  readonly folioOrderMax: number;
  /** Fills a locked folio and unlocks it. Fails with EIO; the folio then stays not uptodate. */
  readFolio(folio: Folio): Sleepable<void>;
  /** Fills new, locked folios, in order of index, and unlocks them. Never fails: what could not be read stays not uptodate. */
  readahead(mapping: AddressSpace, folios: readonly Folio[]): Sleepable<void>;
  /** Writes dirty folios of the range; returns when all are submitted. Errors are kept in the mapping. */
  writepages(mapping: AddressSpace, control: WritebackControl): Sleepable<void>;
  /** The whole folio becomes dirty, whatever parts were. Answers whether it was clean. */
  dirtyFolio(mapping: AddressSpace, folio: Folio): boolean;
  /** Bytes [offset, offset + length) of a locked folio are no longer part of the file. */
  invalidateFolio(folio: Folio, offset: number, length: number): void;
  /** Lets go of the private state of a clean folio; false when it cannot. */
  releaseFolio(folio: Folio): boolean;
  /**
   * Moves a locked folio, which is not under writeback, to other memory of the same size; false when somebody refers to the memory
   * that it has.
   */
  migrateFolio(mapping: AddressSpace, folio: Folio, memory: PageRun): boolean;
  /** The memory of a locked folio is broken: it leaves the cache. False when it cannot. */
  errorRemoveFolio(mapping: AddressSpace, folio: Folio): boolean;
  /** Are bytes [offset, offset + length) of a folio that is not uptodate as a whole nevertheless good to read? */
  isPartiallyUptodate(folio: Folio, offset: number, length: number): boolean;
  /** Device block of a block of the file, or 0 (FIBMAP). Writes delayed data first. */
  bmap(mapping: AddressSpace, block: number): Sleepable<number>;
  /**
   * Where the file's pages are, so that they can be used past it: at most `pagesMax`. Under i_rwsem; what was dirty is on the device
   * afterwards. Fails with EINVAL where something of it has no place of its own, EIO.
   */
  swapActivate(mapping: AddressSpace, pagesMax: number): Sleepable<readonly SwapExtent[]>;
}
