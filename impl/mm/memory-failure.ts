import type { Sleepable } from '../sched/sleepable.ts';
import type { AddressSpace } from './address-space.ts';
import type { Folio } from './folio.ts';
import { removeFolio } from './truncate.ts';

/**
 * The memory of a page is broken (memory_failure): it leaves the cache. What was clean is read again when somebody needs it;
 * of what was dirty the next fsync tells that it is lost. Answers whether the page was in memory and could go.
 */
export function* memoryFailure(mapping: AddressSpace, page: number): Sleepable<boolean> {
  const folio = mapping.find(page);
  if (folio === null) return false;
  yield* folio.lock();
  try {
    if (!folio.belongsTo(mapping)) return false;
    yield* folio.waitForWriteback();
    if (folio.dirty) mapping.setError('EIO');
    return mapping.operations.errorRemoveFolio(mapping, folio);
  } finally {
    folio.unlock();
  }
}

/** generic_error_remove_folio(): as if the file had been truncated there, but it was not. */
export function errorRemoveFolio(mapping: AddressSpace, folio: Folio): boolean {
  removeFolio(mapping, folio);
  return true;
}
