import type { Sleepable } from '../sched/sleepable.ts';
import type { AddressSpace } from './address-space.ts';

/** Nothing is taken out of the file while it comes into the cache (filemap_invalidate_lock_shared). */
export function* whileValid<T>({ host }: AddressSpace, body: () => Sleepable<T>): Sleepable<T> {
  const { invalidateLock } = host;
  if (invalidateLock === undefined) return yield* body();
  yield* invalidateLock.read();
  try {
    return yield* body();
  } finally {
    invalidateLock.unlockRead();
  }
}
