import type { Sleepable } from '../sched/sleepable.ts';
import type { AddressSpace } from './address-space.ts';
import type { Folio } from './folio.ts';
import { whileValid } from './invalidate-lock.ts';
import type { ReadaheadState } from './readahead-state.ts';
import { readaheadMarked, readWindow } from './readahead.ts';

/** Reading ahead for mapped files: whoever touches a page seldom says how much more is wanted (mm/filemap.c). */

/** Faults that find nothing beyond those that find something: from so many on, nothing is read around (MMAP_LOTSAMISS). */
const MISSES_MAX = 100;

/** Misses are counted no further, so that a file that is touched in order again is noticed soon. */
const MISSES_COUNTED = MISSES_MAX * 10;

/**
 * A fault found nothing in the cache: a window around the page is read, half of it before the page, a quarter of it to be asked for
 * more (do_sync_mmap_readahead). Nothing where most faults of the open file were in vain: there it reads what nobody wants. What
 * cannot be read stays not uptodate. The caller holds invalidate_lock.
 */
export function* readAround(mapping: AddressSpace, state: ReadaheadState, page: number): Sleepable<void> {
  if (state.mapMisses < MISSES_COUNTED) state.mapMisses++;
  if (state.mapMisses > MISSES_MAX) return;
  state.start = Math.max(0, page - Math.floor(state.pagesMax / 2));
  state.size = state.pagesMax;
  state.asyncSize = Math.floor(state.pagesMax / 4);
  state.order = 0;
  yield* readWindow({ mapping, dropBehind: false }, state);
}

/**
 * A fault found a folio, which makes up for one that did not; at the marked one the next window is read (do_async_mmap_readahead).
 * A locked folio is being read for another fault on the same page, which counts for both.
 */
export function* readAheadOfFault(
  mapping: AddressSpace,
  state: ReadaheadState,
  folio: Folio,
  page: number,
): Sleepable<void> {
  if (folio.locked) return;
  if (state.mapMisses > 0) state.mapMisses--;
  if (!folio.readaheadMark) return;
  const { pagesMax } = state;
  yield* whileValid(mapping, () =>
    readaheadMarked({ mapping, dropBehind: false }, state, folio, page, pagesMax),
  );
}
