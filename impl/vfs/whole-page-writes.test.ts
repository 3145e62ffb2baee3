import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { MemoryDisk } from '../block/memory-disk.ts';
import { FolioPool } from '../mm/folio-pool.ts';
import { newDisk, outcome, testMount } from './test-mount.fixture.ts';

/** Writes of many pages, which go in as one where they can: nobody sees a difference from calls for half a page, which cannot. */

const MIB = 2 ** 20;
const PAGE = 4096;

/** Bytes of a call. */
const [LARGE, HALF] = [16 * MIB, PAGE / 2];

const bytes = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 12) * 13 + seed) & 255);

/** Of large contents, which take long to be compared byte by byte by a test. */
const digest = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

const digestOf = (disk: MemoryDisk) =>
  [...disk.extents()].map(({ offset, pages }) => ({ offset, pages: pages.map(digest) }));

type Mounted = ReturnType<typeof testMount>;

/** Writes in calls of so many bytes, which end at their multiples. Answers how many bytes went in. */
function writeInCalls(fs: Mounted, fd: number, data: Uint8Array, position: number, size: number): number {
  let done = 0;
  while (done < data.length) {
    const end = Math.floor((position + done) / size + 1) * size - position;
    const wanted = data.subarray(done, end);
    let count = 0;
    if (outcome(() => (count = fs.pwrite(fd, wanted, position + done))) === 'ENOSPC') break;
    done += count;
  }
  return done;
}

/** Over holes, promises, places, unwritten places and what is cached or not; the file grows in the end. */
function writeOverEverything(fs: Mounted, size: number): void {
  const fd = fs.open('f', { access: 'read-write', create: true });
  fs.ftruncate(fd, 2 * MIB);
  fs.fallocate(fd, 'allocate', 16 * PAGE, 16 * PAGE);
  fs.pwrite(fd, bytes(20 * PAGE, 1), 40 * PAGE);
  fs.fsync(fd);
  fs.dropCaches();
  fs.pwrite(fd, bytes(100, 2), 10 * PAGE + 50);
  fs.pread(fd, new Uint8Array(3 * PAGE), 44 * PAGE);
  fs.pwrite(fd, bytes(5 * PAGE, 3), 80 * PAGE);
  writeInCalls(fs, fd, bytes(120 * PAGE, 4), 3 * PAGE + 700, size);
  writeInCalls(fs, fd, bytes(MIB, 5), 2 * MIB - 5 * PAGE, size);
  fs.close(fd);
}

describe.each([false, true])('bigalloc %s', (bigalloc) => {
  const features = bigalloc ? ['bigalloc'] : [];
  const made = () => newDisk(PAGE, 16 * MIB, { features });

  test('one call for many pages leaves in memory and on the disk what calls for their halves leave', () => {
    const [together, apart] = [made(), made()];
    const seen = [together, apart].map((disk) => {
      const fs = testMount(disk, { bufferedIomap: false });
      writeOverEverything(fs, disk === together ? LARGE : HALF);
      const content = new Uint8Array(3 * MIB);
      const fd = fs.open('f', { access: 'read' });
      const length = fs.pread(fd, content, 0);
      fs.close(fd);
      const { blocksFree, blocksAvailable } = fs.statfs();
      fs.checkInvariants();
      fs.unmount();
      return { length, content: digest(content), blocksFree, blocksAvailable };
    });
    expect(seen[0]).toEqual(seen[1]);
    expect(digestOf(together)).toEqual(digestOf(apart));
  });

  test('where space runs out, as many bytes go in', () => {
    const counts = [LARGE, HALF].map((size) => {
      const fs = testMount(made(), { bufferedIomap: false });
      const fd = fs.open('f', { access: 'write', create: true });
      const count = writeInCalls(fs, fd, bytes(15 * MIB, 1), 0, size);
      fs.checkInvariants();
      return count;
    });
    expect(counts[0]).toBe(counts[1]);
    expect(counts[0]).toBeLessThan(15 * MIB);
  });
});

test('where memory runs out, what went in can be read, and the rest is asked for again', () => {
  const fs = testMount(newDisk(PAGE, 16 * MIB), { bufferedIomap: false, pool: new FolioPool(512) });
  const fd = fs.open('f', { access: 'read-write', create: true });
  const data = bytes(3 * MIB, 1);
  const count = fs.pwrite(fd, data, 0);
  expect(count).toBe(2 * MIB);
  expect(fs.pwrite(fd, data.subarray(count), count)).toBe(MIB);
  const content = new Uint8Array(3 * MIB);
  for (let done = 0; done < content.length;) done += fs.pread(fd, content.subarray(done), done);
  expect(digest(content)).toBe(digest(data));
});
