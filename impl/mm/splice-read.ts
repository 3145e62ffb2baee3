import { Failure } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { AddressSpace } from './address-space.ts';
import { endOfBatch, PLAIN_READ, uptodateFolio } from './read.ts';
import type { ReadaheadState } from './readahead-state.ts';

/**
 * Bytes [position, position + length) of the file, as far as it goes, in pieces where they lie in the page cache
 * (filemap_splice_read). Nobody else may run meanwhile, and there has to be memory for all of them: then what was found first is
 * still there when the last is, because nothing is taken out of the cache here. What comes after the first byte that cannot be read is
 * left out. Fails as readThroughCache does.
 */
export function* spliceThroughCache(
  mapping: AddressSpace,
  position: number,
  length: number,
  state: ReadaheadState,
): Sleepable<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  const end = Math.min(position + length, mapping.host.size);
  let at = position;
  try {
    while (at < end) {
      const folio = yield* uptodateFolio(mapping, at, end - at, state, PLAIN_READ);
      if (folio === null) continue;
      const count = Math.min(endOfBatch(mapping, folio, end), end) - at;
      pieces.push(folio.memory.bytes(at - folio.position, count));
      at += count;
    }
  } catch (error) {
    if (at === position || !(error instanceof Failure)) throw error;
  }
  state.previous = at;
  return pieces;
}
