import type { Lap } from '../contest.ts';
import type { FileCalls } from '../file-calls.ts';
import { timed, type Pieces } from '../pieces.ts';
import { FILE, SERIES_SIZES, USUAL_MOUNT, type PathRound, type PathWorkload } from './workload.ts';

/**
 * Reads and writes through the page cache, from the beginning of a file to its end. Writing is measured with the cache alone, and with
 * what fsync(2) adds to that: every byte goes to the device.
 */
export function cachedLaps(
  fs: FileCalls,
  fd: number,
  { fileBytes, callBytes, source, target }: Omit<PathRound, 'fs'>,
): Lap[] {
  const lap = (workload: string, ms: number): Lap => ({ workload, amount: fileBytes, ms });
  const write = (): void => {
    let offset = 0;
    for (const view of source.views) {
      fs.pwrite(fd, view, offset);
      offset += callBytes;
    }
  };
  const cached = timed(write);
  const synced = timed(() => fs.fsync(fd));
  return [
    lap('buffered write, cached', cached),
    lap('buffered write, uncached', cached + synced),
    lap('buffered overwrite, cached', timed(write)),
    lap(
      'buffered read, cached',
      timed(() => readAll(fs, fd, target, callBytes)),
    ),
  ];
}

export function readAll(fs: FileCalls, fd: number, target: Pieces, callBytes: number): void {
  let offset = 0;
  for (const view of target.views) {
    fs.pread(fd, view, offset);
    offset += callBytes;
  }
}

/** The same, and reads that find everything on the device, or nothing in the file. */
function bufferedRound(run: PathRound, suffix: string): Lap[] {
  const { fs, fileBytes, callBytes, target } = run;
  const fd = fs.open(FILE, { access: 'read-write', create: true });
  const laps = cachedLaps(fs, fd, run);
  const read = (workload: string): void => {
    const ms = timed(() => readAll(fs, fd, target, callBytes));
    laps.push({ workload, amount: fileBytes, ms });
  };
  fs.fsync(fd);
  fs.dropCaches('pages');
  read('buffered read, data');
  fs.ftruncate(fd, 0);
  fs.ftruncate(fd, fileBytes);
  read('buffered read, hole');
  fs.close(fd);
  fs.unlink(FILE);
  return laps.map((lap) => ({ ...lap, workload: `${lap.workload}${suffix}` }));
}

/** The table of the series, and the same with other mounts. */
export const BUFFERED: readonly PathWorkload[] = [
  { name: 'buffered', mount: USUAL_MOUNT, suffix: '' },
  { name: 'nodelalloc', mount: { ...USUAL_MOUNT, delalloc: false }, suffix: ', nodelalloc' },
  { name: '1k blocks', mount: { ...USUAL_MOUNT, blockSize: 1024 as const }, suffix: ', 1k blocks' },
].map(({ name, mount, suffix }) => ({
  name,
  mount,
  sizes: SERIES_SIZES,
  round: (run) => bufferedRound(run, suffix),
}));
