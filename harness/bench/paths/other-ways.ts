import type { Lap } from '../contest.ts';
import { timed } from '../pieces.ts';
import { FILE, PAGED_SIZES, USUAL_MOUNT, type PathRound, type PathWorkload } from './workload.ts';

/** Other ways to a file's bytes than one call after another through the cache. */

const lapOf = (workload: string, { fileBytes }: PathRound, ms: number): Lap => ({
  workload,
  amount: fileBytes,
  ms,
});

/** A new file, opened and written from beginning to end. */
function writtenFile({ fs, source, callBytes }: PathRound, direct: boolean): number {
  const fd = fs.open(FILE, { access: 'read-write', create: true, direct });
  let offset = 0;
  for (const view of source.views) {
    fs.pwrite(fd, view, offset);
    offset += callBytes;
  }
  return fd;
}

function finish({ fs }: PathRound, fd: number): void {
  fs.close(fd);
  fs.unlink(FILE);
}

/** Calls in an order that is none, on a file that is in the cache. */
function randomRound(run: PathRound): Lap[] {
  const { fs, shuffled, callBytes, source, target } = run;
  const fd = writtenFile(run, false);
  const write = timed(() => {
    for (const call of shuffled) fs.pwrite(fd, source.views[call] as Uint8Array, call * callBytes);
  });
  const read = timed(() => {
    for (const call of shuffled) fs.pread(fd, target.views[call] as Uint8Array, call * callBytes);
  });
  finish(run, fd);
  return [lapOf('random overwrite, cached', run, write), lapOf('random read, cached', run, read)];
}

/** O_DIRECT: blocks get their places with the write, and every byte goes to or comes from the device. */
function directRound(run: PathRound): Lap[] {
  const { fs, callBytes, source, target } = run;
  let fd = -1;
  const write = timed(() => (fd = writtenFile(run, true)));
  const overwrite = timed(() => {
    let offset = 0;
    for (const view of source.views) {
      fs.pwrite(fd, view, offset);
      offset += callBytes;
    }
  });
  const read = timed(() => {
    let offset = 0;
    for (const view of target.views) {
      fs.pread(fd, view, offset);
      offset += callBytes;
    }
  });
  finish(run, fd);
  return [
    lapOf('direct write', run, write),
    lapOf('direct overwrite', run, overwrite),
    lapOf('direct read', run, read),
  ];
}

/** A shared mapping: stores that fault on holes, stores to pages that are there, and loads. */
function mappedRound(run: PathRound): Lap[] {
  const { fs, fileBytes, callBytes, source, target } = run;
  const fd = fs.open(FILE, { access: 'read-write', create: true });
  fs.ftruncate(fd, fileBytes);
  const mapping = fs.mmap(fd, 0, fileBytes, { sharing: 'shared', access: 'read-write' });
  const store = (): void => {
    let offset = 0;
    for (const view of source.views) {
      fs.store(mapping, offset, view);
      offset += callBytes;
    }
  };
  const faulting = timed(store);
  const again = timed(store);
  const load = timed(() => {
    let offset = 0;
    for (const view of target.views) {
      fs.load(mapping, offset, view);
      offset += callBytes;
    }
  });
  fs.munmap(mapping);
  finish(run, fd);
  return [
    lapOf('mapped store, first', run, faulting),
    lapOf('mapped store, again', run, again),
    lapOf('mapped load', run, load),
  ];
}

/** RWF_DONTCACHE: what is written goes to the device at once, and leaves the cache. */
function uncachingRound(run: PathRound): Lap[] {
  const { fs, callBytes, source } = run;
  const fd = fs.open(FILE, { access: 'read-write', create: true });
  const options = { rwf: ['dontcache'] as const };
  const write = timed(() => {
    let offset = 0;
    for (const view of source.views) {
      fs.pwrite(fd, view, offset, options);
      offset += callBytes;
    }
  });
  finish(run, fd);
  return [lapOf('write with RWF_DONTCACHE', run, write)];
}

export const OTHER_WAYS: readonly PathWorkload[] = [
  { name: 'random', mount: USUAL_MOUNT, sizes: [4096], round: randomRound },
  { name: 'direct', mount: USUAL_MOUNT, sizes: PAGED_SIZES, round: directRound },
  { name: 'mapped', mount: USUAL_MOUNT, sizes: PAGED_SIZES, round: mappedRound },
  { name: 'dontcache', mount: USUAL_MOUNT, sizes: PAGED_SIZES, round: uncachingRound },
];
