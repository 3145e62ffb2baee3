import { fail } from '../lib/errno.ts';
import { seekCached } from '../mm/seek-cached.ts';
import { ready, type Sleepable } from '../sched/sleepable.ts';
import type { IomapFile } from './host.ts';
import type { Iomap, IomapOps } from './iomap.ts';
import { iterate } from './iterate.ts';

/** lseek(2) with SEEK_DATA and SEEK_HOLE. Unwritten blocks are holes unless the page cache has something newer. */

/** iomap_seek_data(): the first byte of data from `position` on. Fails with ENXIO when there is none. */
export function seekData<F extends IomapFile>(
  file: F,
  position: number,
  ops: IomapOps<F>,
): Sleepable<number> {
  return seek(file, position, ops, { in: dataUnder, atEnd: () => fail('ENXIO') });
}

/** iomap_seek_hole(): the first byte of a hole from `position` on; the file's end is one. Fails with ENXIO beyond it. */
export function seekHole<F extends IomapFile>(
  file: F,
  position: number,
  ops: IomapOps<F>,
): Sleepable<number> {
  return seek(file, position, ops, { in: holeUnder, atEnd: (size) => size });
}

/** Looks under one mapping, which lies over [start, end); null when what is wanted does not begin there. */
type LookUnder = (file: IomapFile, iomap: Iomap, start: number, end: number) => Sleepable<number | null>;

interface Wanted {
  readonly in: LookUnder;
  /** Nothing was found up to the end of the file. */
  readonly atEnd: (size: number) => number;
}

function* seek<F extends IomapFile>(
  file: F,
  position: number,
  ops: IomapOps<F>,
  wanted: Wanted,
): Sleepable<number> {
  const { size } = file;
  if (position < 0 || position >= size) fail('ENXIO');
  const result: { found: number | null } = { found: null };
  yield* iterate(file, position, size - position, ops, function* (iomap, start, length) {
    result.found = yield* wanted.in(file, iomap, start, start + length);
    return result.found === null ? length : 0;
  });
  return result.found ?? wanted.atEnd(size);
}

function dataUnder(file: IomapFile, iomap: Iomap, start: number, end: number): Sleepable<number | null> {
  if (iomap.type === 'hole') return ready(null);
  return iomap.type === 'unwritten'
    ? seekCached(file.mapping, file.blockSize, start, end, 'data')
    : ready(start);
}

function holeUnder(file: IomapFile, iomap: Iomap, start: number, end: number): Sleepable<number | null> {
  if (iomap.type === 'hole') return ready(start);
  return iomap.type === 'unwritten'
    ? seekCached(file.mapping, file.blockSize, start, end, 'hole')
    : ready(null);
}
