import { fail, Failure } from '../lib/errno.ts';
import { preemptible, preemptionPoint, ready, waitUntil, type Sleepable } from '../sched/sleepable.ts';
import type { AddressSpace } from './address-space.ts';
import { grabFolio } from './filemap.ts';
import type { Folio } from './folio.ts';
import { whileValid } from './invalidate-lock.ts';
import { pageIndex } from './page.ts';
import { ReadaheadState } from './readahead-state.ts';
import { readaheadMarked, readaheadMissing } from './readahead.ts';

/** What a read may do. */
export interface ReadRules {
  /** What is not cached is EAGAIN (IOCB_NOWAIT); reading it ahead is begun nevertheless. */
  readonly nowait: boolean;
  /** What is brought into the cache for this read leaves it when it was read (IOCB_DONTCACHE). */
  readonly dontCache: boolean;
}

/** What is asked of a read that is nothing special. */
export const PLAIN_READ: ReadRules = { nowait: false, dontCache: false };

/**
 * Copies bytes of the file from `position` on into `target`, as far as the file goes, reading what is not cached
 * (filemap_read). Answers the number of bytes; what comes after the first that cannot be read is left out. Fails with EIO,
 * EUCLEAN, EBADMSG, EAGAIN when nothing could be read.
 */
export function* readThroughCache(
  mapping: AddressSpace,
  position: number,
  target: Uint8Array,
  state: ReadaheadState = new ReadaheadState(),
  rules: ReadRules = PLAIN_READ,
): Sleepable<number> {
  let done = 0;
  try {
    while (done < target.length) {
      const at = position + done;
      // The size is read anew for each folio: a truncation may happen in between.
      const { size } = mapping.host;
      if (at >= size) break;
      const folio = yield* uptodateFolio(mapping, at, target.length - done, state, rules);
      if (folio === null) continue;
      const offset = at - folio.position;
      const samplesOnce = mapping.faults.has('read-samples-size-once');
      const end = endOfBatch(mapping, folio, position + target.length);
      const available = Math.min(end, samplesOnce ? size : mapping.host.size) - at;
      const length = Math.min(target.length - done, available);
      if (length <= 0) break;
      target.set(folio.memory.bytes(offset, length), done);
      done += length;
      if (folio.dropBehind) leave(mapping, folio);
    }
  } catch (error) {
    if (done === 0 || !(error instanceof Failure)) throw error;
  }
  state.previous = position + done;
  return done;
}

/**
 * Byte of the file behind the folios that follow `folio` there and in memory, and can be read like it, as far as they are needed up
 * to byte `limit` (filemap_get_read_batch). They are copied in one go: for a single page the call costs more than the copy.
 */
export function endOfBatch(mapping: AddressSpace, folio: Folio, limit: number): number {
  if (folio.dropBehind || preemptible()) return folio.end;
  let last = folio;
  while (last.end < limit) {
    const next = mapping.find(last.index + last.pages);
    if (next === null || !isPlain(next) || !last.memory.isFollowedBy(next.memory)) break;
    last = next;
  }
  return last.end;
}

/** Is there nothing to be done for it when it is read? */
const isPlain = (folio: Folio): boolean => folio.uptodate && !folio.readaheadMark && !folio.dropBehind;

/** The folio of byte `position`, good to read there; null when it was truncated meanwhile: look again. */
export function uptodateFolio(
  mapping: AddressSpace,
  position: number,
  length: number,
  state: ReadaheadState,
  rules: ReadRules,
): Sleepable<Folio | null> {
  const folio = mapping.find(pageIndex(position));
  const isThere = folio !== null && folio.uptodate && !folio.readaheadMark;
  return isThere && !preemptible() ? ready(folio) : bringFolio(mapping, position, length, state, rules);
}

/** Pages that bytes [position, position + length) touch. */
const pagesOf = (position: number, length: number): number =>
  pageIndex(position + length - 1) - pageIndex(position) + 1;

/** filemap_get_pages() */
function* bringFolio(
  mapping: AddressSpace,
  position: number,
  length: number,
  state: ReadaheadState,
  rules: ReadRules,
): Sleepable<Folio | null> {
  yield* preemptionPoint('look-up of folios');
  const index = pageIndex(position);
  const wanted = pagesOf(position, length);
  const request = { mapping, dropBehind: rules.dontCache };
  let folio = mapping.find(index);
  if (folio === null) {
    yield* whileValid(mapping, () => readaheadMissing(request, state, index, wanted));
    if (rules.nowait) fail('EAGAIN');
    folio = mapping.find(index) ?? (yield* newFolio(mapping, position, rules));
  }
  if (folio.readaheadMark) {
    const marked = folio;
    const ahead = index - marked.index + wanted;
    yield* whileValid(mapping, () => readaheadMarked(request, state, marked, marked.index, ahead));
  }
  if (!folio.belongsTo(mapping)) return null;
  if (folio.uptodate) return folio;
  if (!rules.nowait) return yield* readLocked(mapping, folio, position, length);
  if (folio.locked || !isThere(mapping, folio, position, length)) fail('EAGAIN');
  return folio;
}

/** Are the bytes that are wanted of an unlocked folio good to read, though not all of it is (filemap_range_uptodate)? */
function isThere(mapping: AddressSpace, folio: Folio, position: number, length: number): boolean {
  const offset = position - folio.position;
  const wanted = Math.min(length, folio.size - offset, mapping.host.size - position);
  return folio.uptodate || wanted <= 0 || mapping.operations.isPartiallyUptodate(folio, offset, wanted);
}

/** One folio, where there was no memory to read ahead (filemap_create_folio). Fails with ENOMEM. */
function* newFolio(mapping: AddressSpace, position: number, { dontCache }: ReadRules): Sleepable<Folio> {
  const folio = yield* grabFolio(mapping, position, 1);
  folio.dropBehind = dontCache;
  folio.unlock();
  return folio;
}

/** filemap_update_page(): fills a folio that reading ahead did not, or not yet. Null when it left the file: look again. */
function* readLocked(
  mapping: AddressSpace,
  folio: Folio,
  position: number,
  length: number,
): Sleepable<Folio | null> {
  if (folio.locked) {
    if (mapping.faults.has('read-spins-on-locked-folio')) spinWhileLocked(folio);
    // Who has it may be waiting for those who take something out of the file: no lock is held meanwhile.
    yield* waitUntil(`lock of folio ${folio.index}`, () => !folio.locked);
    return null;
  }
  return yield* whileValid(mapping, () => fillFolio(mapping, folio, position, length));
}

/** What the planted bug of that name does. */
function spinWhileLocked(folio: Folio): void {
  while (folio.locked) continue;
}

function* fillFolio(
  mapping: AddressSpace,
  folio: Folio,
  position: number,
  length: number,
): Sleepable<Folio | null> {
  if (folio.locked) return null;
  yield* folio.lock();
  if (!folio.belongsTo(mapping) || isThere(mapping, folio, position, length)) folio.unlock();
  else yield* mapping.operations.readFolio(folio);
  return folio.belongsTo(mapping) ? folio : null;
}

/** The folio was read by somebody who will not come back (filemap_end_dropbehind_read). */
function leave(mapping: AddressSpace, folio: Folio): void {
  if (!folio.locked && folio.belongsTo(mapping)) mapping.drop(folio);
}
