import type { Sleepable } from '../sched/sleepable.ts';
import { grabFolio } from '../mm/filemap.ts';
import { pageIndex } from '../mm/page.ts';
import { markWritten, prepareBlocks, type IomapWriteOps } from './buffered-write.ts';
import type { IomapFile } from './host.ts';
import type { Iomap, IomapOps } from './iomap.ts';
import { iterate } from './iterate.ts';

/**
 * iomap_zero_range(): bytes [position, position + length) read as zeros afterwards. Holes do already, and unwritten
 * extents do where nothing dirty lies above them. Answers whether anything was made dirty. Never called inside a handle:
 * it takes folio locks.
 */
export function* zeroRange<F extends IomapFile>(
  file: F,
  position: number,
  length: number,
  ops: IomapOps<F>,
  writeOps: IomapWriteOps<F>,
): Sleepable<boolean> {
  const result = { dirtied: false };
  yield* iterate(file, position, length, ops, (iomap, start, span) =>
    zeroUnder(file, start, span, iomap, writeOps, result),
  );
  return result.dirtied;
}

/** The share of one mapping (iomap_zero_iter); answers the bytes that read as zeros now. */
function* zeroUnder<F extends IomapFile>(
  file: F,
  start: number,
  span: number,
  iomap: Iomap,
  writeOps: IomapWriteOps<F>,
  result: { dirtied: boolean },
): Sleepable<number> {
  let done = 0;
  while (done < span) {
    const at = start + done;
    if (isClean(file, at, iomap)) {
      done += skipLength(file, at, span - done, iomap);
      continue;
    }
    const zeroed = yield* zeroPiece(file, at, span - done, iomap, writeOps);
    if (zeroed === 0) break;
    result.dirtied = true;
    done += zeroed;
  }
  return done;
}

/** Reads as zeros already: nothing on the device, and nothing newer in memory. */
function isClean(file: IomapFile, position: number, iomap: Iomap): boolean {
  if (iomap.type === 'hole') return true;
  if (iomap.type !== 'unwritten') return false;
  if (file.mapping.faults.has('iomap-zeroing-trusts-unwritten')) return true;
  const folio = file.mapping.find(pageIndex(position));
  return folio === null || (!folio.dirty && !folio.writeback);
}

/** How far from `position` on the answer of isClean holds. */
function skipLength(file: IomapFile, position: number, span: number, iomap: Iomap): number {
  if (iomap.type === 'hole') return span;
  const next = file.mapping.next(pageIndex(position));
  if (next === null) return span;
  const boundary = next.position <= position ? next.end : next.position;
  return Math.min(span, boundary - position);
}

function* zeroPiece<F extends IomapFile>(
  file: F,
  position: number,
  span: number,
  iomap: Iomap,
  writeOps: IomapWriteOps<F>,
): Sleepable<number> {
  const folio = yield* grabFolio(file.mapping, position, span);
  try {
    if (!writeOps.isValid(file, iomap)) {
      iomap.stale = true;
      return 0;
    }
    const offset = position - folio.position;
    const length = Math.min(span, folio.size - offset);
    yield* prepareBlocks(file, folio, offset, length, iomap);
    folio.data.fill(0, offset, offset + length);
    markWritten(file, folio, offset, length);
    return length;
  } finally {
    folio.unlock();
  }
}
