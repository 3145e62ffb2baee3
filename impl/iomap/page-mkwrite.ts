import type { MkwriteOutcome } from '../mm/fault.ts';
import type { Folio } from '../mm/folio.ts';
import { ready, type Sleepable } from '../sched/sleepable.ts';
import { markWritten } from './buffered-write.ts';
import type { IomapFile } from './host.ts';
import type { IomapOps } from './iomap.ts';
import { iterate } from './iterate.ts';

/**
 * iomap_page_mkwrite(): a folio is about to be stored to through a mapping. Everything of it that lies within the file gets
 * a place, or a promise of one, and becomes dirty; the folio stays locked meanwhile, so that no mapping can become stale.
 * Fails with ENOSPC or EIO; what had got its place by then is dirty, and holds what it held.
 */
export function* pageMkwrite<F extends IomapFile>(
  file: F,
  folio: Folio,
  ops: IomapOps<F>,
): Sleepable<MkwriteOutcome> {
  yield* folio.lock();
  const length = file.mapping.liveBytes(folio);
  if (length <= 0) {
    folio.unlock();
    return 'again';
  }
  const progress = { mapped: 0 };
  try {
    yield* iterate(file, folio.position, length, ops, (_, position, span) => {
      progress.mapped = position + span - folio.position;
      return ready(span);
    });
    file.mapping.operations.dirtyFolio(file.mapping, folio);
    return 'locked';
  } catch (error) {
    if (progress.mapped > 0) markWritten(file, folio, 0, progress.mapped);
    folio.unlock();
    throw error;
  }
}
