import type { Sleepable } from '../sched/sleepable.ts';
import type { AddressSpace } from './address-space.ts';
import type { Folio } from './folio.ts';
import { pageIndex } from './page.ts';
import type { ReadaheadState } from './readahead-state.ts';

/** Reading what will be wanted, before it is: windows that grow while a file is read in order (mm/readahead.c). */

/** Pages of one transfer of the device at most (bdi->io_pages): a read that asks for more than a window gets up to this. */
const TRANSFER_PAGES = 320;

/** What is brought into the cache, and how. */
interface Request {
  readonly mapping: AddressSpace;
  /** Folios leave the cache soon after they were used (ractl.dropbehind). */
  readonly dropBehind: boolean;
}

/** ractl_max_pages() */
const windowMax = (state: ReadaheadState, wanted: number): number =>
  wanted > state.pagesMax ? Math.max(state.pagesMax, Math.min(wanted, TRANSFER_PAGES)) : state.pagesMax;

/** The smallest power of two that is at least `pages`. */
const powerUp = (pages: number): number => 1 << (32 - Math.clz32(pages - 1));

/** The first window of a stream (get_init_ra_size). */
function firstSize(wanted: number, max: number): number {
  const size = powerUp(wanted);
  if (size <= max / 32) return size * 4;
  return size <= max / 4 ? size * 2 : max;
}

/** The window after one of this size (get_next_ra_size). */
function nextSize(size: number, max: number): number {
  if (size < max / 16) return size * 4;
  return size <= max / 2 ? size * 2 : max;
}

/**
 * Page `index` is wanted and not cached: it is read, with as much behind it as the file's reader is likely to want
 * (page_cache_sync_ra). `wanted` pages are asked for. What cannot be read stays not uptodate.
 */
export function* readaheadMissing(
  request: Request,
  state: ReadaheadState,
  index: number,
  wanted: number,
): Sleepable<void> {
  if (state.random) return yield* readaheadForced(request, state, index, wanted);
  const max = windowMax(state, wanted);
  const sincePrevious = state.previous < 0 ? Infinity : index - pageIndex(state.previous);
  if (index === 0 || wanted > max || sincePrevious === 0 || sincePrevious === 1) {
    state.start = index;
    state.size = firstSize(wanted, max);
    state.asyncSize = state.size > wanted ? state.size - wanted : state.size >> 1;
  } else {
    const cached = cachedBefore(request.mapping, index, max);
    // A small read somewhere: nothing speaks for a stream, whose state stays as it is.
    if (cached <= wanted) return yield* readPages(request, index, wanted, 0);
    // A file that is cached from its beginning is being read as a whole.
    const stream = cached === index ? cached * 2 : cached;
    state.start = index;
    state.size = Math.min(stream + wanted, max);
    state.asyncSize = 1;
  }
  state.order = 0;
  yield* readWindow(request, state);
}

/** How many pages just before `index` are cached, up to `max` (page_cache_prev_miss). */
function cachedBefore(mapping: AddressSpace, index: number, max: number): number {
  let first = index;
  while (first > 0 && index - first < max) {
    const folio = mapping.find(first - 1);
    if (folio === null) break;
    first = folio.index;
  }
  return Math.min(index - first, max);
}

/**
 * The reader has come to the marked folio: the next window is read while this one is used up (page_cache_async_ra). `wanted`
 * pages are asked for from `index` on.
 */
export function* readaheadMarked(
  request: Request,
  state: ReadaheadState,
  folio: Folio,
  index: number,
  wanted: number,
): Sleepable<void> {
  if (folio.writeback) return;
  folio.readaheadMark = false;
  const max = windowMax(state, wanted);
  const expected = state.start + state.size - state.asyncSize;
  if (index === expected - (expected % folio.pages)) {
    state.start += state.size;
    state.size = Math.max(state.size, nextSize(state.size, max));
  } else {
    // Somebody else's window, or streams in turns: what is cached from here on tells how large it was.
    const start = firstMissing(request.mapping, index + 1, max);
    if (start - index > max) return;
    state.start = start;
    state.size = nextSize(start - index + wanted, max);
  }
  state.order += 2;
  const align = 1 << Math.min(state.order, 31 - Math.clz32(max));
  const end = state.start + state.size;
  const aligned = end - (end % align);
  if (aligned > state.start) state.size -= end - aligned;
  state.asyncSize = state.size;
  yield* readWindow(request, state);
}

/** The first page from `index` on, `max` pages at most, that is not cached (page_cache_next_miss). */
function firstMissing(mapping: AddressSpace, index: number, max: number): number {
  let next = index;
  while (next < index + max) {
    const folio = mapping.find(next);
    if (folio === null) return next;
    next = folio.index + folio.pages;
  }
  return next;
}

/** Index of the page with the file's last byte; -1 when it is empty. */
const lastPage = (mapping: AddressSpace): number =>
  mapping.host.size === 0 ? -1 : pageIndex(mapping.host.size - 1);

/**
 * page_cache_ra_order(): the state's window in folios of the state's order, smaller where alignment or the file's end ask for it.
 * What is cached already is passed over.
 */
export function* readWindow(request: Request, state: ReadaheadState): Sleepable<void> {
  const { mapping } = request;
  const { folioOrderMax } = mapping.operations;
  const { folioOrderMin } = mapping;
  if (folioOrderMax === 0) {
    state.order = 0;
    return yield* readPages(request, state.start, state.size, state.asyncSize);
  }
  const last = Math.min(lastPage(mapping), state.start + state.size - 1);
  const order = Math.max(
    folioOrderMin,
    Math.min(folioOrderMax, state.order, Math.floor(Math.log2(state.size))),
  );
  state.order = order;
  const mark = state.start + state.size - state.asyncSize;
  const folios: Folio[] = [];
  let index = state.start - (state.start % (1 << folioOrderMin));
  while (index <= last) {
    const folio = addFolio(request, index, fittingOrder(index, order, folioOrderMin, last));
    if (folio === null) break;
    if (index === mark - (mark % folio.pages)) folio.readaheadMark = true;
    folios.push(folio);
    index += folio.pages;
  }
  yield* fill(mapping, folios);
  // Something was cached already: the gaps behind it are read page by page.
  if (index <= last) yield* readPages(request, index, state.start + state.size - index, state.asyncSize);
}

/** The largest order up to `order` that is aligned at `index` and ends at the last page at the latest. */
function fittingOrder(index: number, order: number, min: number, last: number): number {
  let fits = order;
  while (fits > 0 && index % (1 << fits) !== 0) fits--;
  while (fits > min && index + (1 << fits) - 1 > last) fits--;
  return fits;
}

/** A new folio in the cache, locked; null when one is there already, or no memory. */
function addFolio({ mapping, dropBehind }: Request, index: number, order: number): Folio | null {
  if (mapping.roomFor(index, order) !== order || mapping.find(index) !== null) return null;
  const run = mapping.pool.allocate(order);
  if (run === null) return null;
  const folio = mapping.add(index, run);
  folio.dropBehind = dropBehind;
  return folio;
}

/** do_page_cache_ra(): `count` pages from `first` on, within the file; those that are cached are passed over. */
function* readPages(request: Request, first: number, count: number, lookahead: number): Sleepable<void> {
  const { mapping } = request;
  const { folioOrderMin } = mapping;
  const step = 1 << folioOrderMin;
  const last = Math.min(lastPage(mapping), first + count - 1);
  const mark = Math.ceil((first + Math.min(count, last - first + 1) - lookahead) / step) * step;
  let folios: Folio[] = [];
  for (let index = first - (first % step); index <= last; index += step) {
    const folio = addFolio(request, index, folioOrderMin);
    if (folio === null) {
      yield* fill(mapping, folios);
      folios = [];
      if (mapping.find(index) === null) return;
    } else {
      if (index === mark) folio.readaheadMark = true;
      folios.push(folio);
    }
  }
  yield* fill(mapping, folios);
}

function* fill(mapping: AddressSpace, folios: readonly Folio[]): Sleepable<void> {
  if (folios.length > 0) yield* mapping.operations.readahead(mapping, folios);
}

/**
 * force_page_cache_ra(): `count` pages from `first` on, whatever the reader's habits; no more than a window or a transfer
 * has, so that asking for a whole large file does not fill the memory.
 */
export const readaheadForced = (
  request: Request,
  state: ReadaheadState,
  first: number,
  count: number,
): Sleepable<void> => readPages(request, first, Math.min(count, Math.max(TRANSFER_PAGES, state.pagesMax)), 0);
