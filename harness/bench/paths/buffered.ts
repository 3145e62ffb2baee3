import type { Lap } from '../contest.ts';
import { timed } from '../pieces.ts';
import { FILE, SERIES_SIZES, USUAL_MOUNT, type PathRound, type PathWorkload } from './workload.ts';

/**
 * Reads and writes through the page cache, from the beginning of a file to its end. Writing is measured with the cache alone, and with
 * what fsync(2) adds to that: every byte goes to the device. Reads find nothing in the file, everything in the cache, or everything on
 * the device.
 */
function bufferedRound({ fs, fileBytes, callBytes, source, target }: PathRound, suffix: string): Lap[] {
  const fd = fs.open(FILE, { access: 'read-write', create: true });
  const write = (): void => {
    let offset = 0;
    for (const view of source.views) {
      fs.pwrite(fd, view, offset);
      offset += callBytes;
    }
  };
  const read = (): void => {
    let offset = 0;
    for (const view of target.views) {
      fs.pread(fd, view, offset);
      offset += callBytes;
    }
  };
  const laps: Lap[] = [];
  const lap = (workload: string, ms: number): void =>
    void laps.push({ workload: `${workload}${suffix}`, amount: fileBytes, ms });
  const cached = timed(write);
  lap('buffered write, cached', cached);
  lap('buffered write, uncached', cached + timed(() => fs.fsync(fd)));
  lap('buffered overwrite, cached', timed(write));
  lap('buffered read, cached', timed(read));
  fs.fsync(fd);
  fs.dropCaches('pages');
  lap('buffered read, data', timed(read));
  fs.ftruncate(fd, 0);
  fs.ftruncate(fd, fileBytes);
  lap('buffered read, hole', timed(read));
  fs.close(fd);
  fs.unlink(FILE);
  return laps;
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
