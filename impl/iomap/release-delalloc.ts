import { endPage, pageIndex } from '../mm/page.ts';
import type { Folio } from '../mm/folio.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { hasDirtyBlock } from './folio-state.ts';
import type { IomapFile } from './host.ts';

/**
 * iomap_write_delalloc_release(): what a write promised space to and did not fill, whole blocks of bytes [start, end), is given back by
 * `punch`, but for what is dirty in the cache: it was stored through a mapping while the write ran, and writeback will ask for its
 * place. The caller holds invalidate_lock, so that no store becomes possible meanwhile; the folio lock keeps writeback away, in which a
 * folio is clean before its blocks have their places.
 */
export function* releaseDelalloc(
  file: IomapFile,
  start: number,
  end: number,
  punch: (start: number, end: number) => Sleepable<void>,
): Sleepable<void> {
  let position = start;
  for (const folio of file.mapping.range(pageIndex(start), endPage(end))) {
    yield* folio.lock();
    try {
      if (!folio.belongsTo(file.mapping)) continue;
      const from = Math.max(position, folio.position);
      const to = Math.min(end, folio.end);
      if (position < from) yield* punch(position, from);
      yield* punchClean(file, folio, from, to, punch);
      position = to;
    } finally {
      folio.unlock();
    }
  }
  if (position < end) yield* punch(position, end);
}

/** The blocks of the folio in bytes [start, end) that are not dirty. */
function* punchClean(
  { blockSize }: IomapFile,
  folio: Folio,
  start: number,
  end: number,
  punch: (start: number, end: number) => Sleepable<void>,
): Sleepable<void> {
  for (let at = start; at < end; at += blockSize) {
    if (!hasDirtyBlock(folio, (at - folio.position) / blockSize)) yield* punch(at, at + blockSize);
  }
}
