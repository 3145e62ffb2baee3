import { fail } from '../lib/errno.ts';
import { preemptible, preemptionPoint, READY, ready, waitUntil, type Sleepable } from '../sched/sleepable.ts';
import type { AddressSpace } from './address-space.ts';
import type { WritebackControl } from './address-space-operations.ts';
import type { Folio } from './folio.ts';
import type { PageRun } from './folio-pool.ts';
import { endPage, pageIndex } from './page.ts';

/**
 * Memory for a folio of at most `order` around page `index`; smaller when memory or neighbours leave no room, but never
 * smaller than a block.
 */
function allocateRun(mapping: AddressSpace, index: number, order: number): PageRun {
  let fits = mapping.roomFor(index, order);
  for (;;) {
    const run = mapping.pool.allocate(fits);
    if (run !== null) return run;
    if (fits <= mapping.folioOrderMin) fail('ENOMEM');
    fits--;
  }
}

/** The order of a folio that holds `length` bytes from `position` on, as far as alignment allows (fgf_set_order). */
export function orderFor(position: number, length: number, orderMax: number): number {
  const index = pageIndex(position);
  const pages = pageIndex(position + length - 1) - index + 1;
  let order = 0;
  while (order < orderMax && 2 << order <= pages && index % (2 << order) === 0) order++;
  return order;
}

/**
 * The locked folio that holds byte `position`, made when it is not cached (__filemap_get_folio with FGP_LOCK and
 * FGP_CREAT). `length` bytes are about to be used, which sizes a new folio.
 */
export function grabFolio(mapping: AddressSpace, position: number, length: number): Sleepable<Folio> {
  const folio = mapping.find(pageIndex(position));
  if (folio?.locked === true || preemptible()) return waitForFolio(mapping, position, length);
  if (folio === null) return ready(makeFolio(mapping, position, length));
  folio.lockUnshared();
  return ready(folio);
}

function* waitForFolio(mapping: AddressSpace, position: number, length: number): Sleepable<Folio> {
  for (;;) {
    if (mapping.find(pageIndex(position)) === null) yield* preemptionPoint('memory for a folio');
    const folio = mapping.find(pageIndex(position));
    if (folio === null) return makeFolio(mapping, position, length);
    yield* folio.lock();
    // It may have been truncated while this task slept; then it holds nothing of this file.
    if (folio.belongsTo(mapping)) return folio;
    folio.unlock();
  }
}

/**
 * The folios of pages [first, first + count), one page each and locked now: as many as can be had without a sleep, because nobody has
 * them locked, and there is memory for those that are not cached.
 */
export function grabIdle(mapping: AddressSpace, first: number, count: number): Folio[] {
  const folios: Folio[] = [];
  for (let index = first; index < first + count; index++) {
    const known = mapping.find(index);
    if (known?.locked === true) break;
    known?.lockUnshared();
    const run = known === null ? mapping.pool.allocate(0) : null;
    const folio = run === null ? known : mapping.add(index, run);
    if (folio === null) break;
    folios.push(folio);
  }
  return folios;
}

function makeFolio(mapping: AddressSpace, position: number, length: number): Folio {
  const index = pageIndex(position);
  const order = orderFor(position, length, mapping.operations.folioOrderMax);
  const run = allocateRun(mapping, index, Math.max(order, mapping.folioOrderMin));
  return mapping.add(index - (index % (1 << run.order)), run);
}

/** Sends what is dirty in bytes [start, end) to the device, and does not wait (filemap_fdatawrite_range). */
export function writeRange(
  mapping: AddressSpace,
  start: number,
  end: number,
  sync: WritebackControl['sync'],
): Sleepable<void> {
  if (mapping.dirtyFolios === 0) return READY;
  return mapping.operations.writepages(mapping, { start, end, sync, budget: Infinity });
}

/** Writes what is dirty in bytes [start, end) and waits until it is on the device; whether it was lost, nobody is told. */
export function* writeAndWait(mapping: AddressSpace, start: number, end: number): Sleepable<void> {
  yield* writeRange(mapping, start, end, 'all');
  yield* waitForWriteback(mapping, start, end);
}

/** The same, and fails with the error of a write that was lost (filemap_write_and_wait_range). */
export function* writeAndCheck(mapping: AddressSpace, start: number, end: number): Sleepable<void> {
  yield* writeAndWait(mapping, start, end);
  mapping.checkLost();
}

/** filemap_fdatawait_range(). */
export function waitForWriteback(mapping: AddressSpace, start: number, end: number): Sleepable<void> {
  return mapping.writebackFolios === 0 ? READY : waitForRange(mapping, start, end);
}

function* waitForRange(mapping: AddressSpace, start: number, end: number): Sleepable<void> {
  for (const folio of mapping.range(pageIndex(start), endPage(end))) {
    if (folio.writeback && folio.belongsTo(mapping)) {
      yield* waitUntil(
        `writeback of folio ${folio.index} of inode ${mapping.host.ino}`,
        () => !folio.writeback,
      );
    }
  }
}
