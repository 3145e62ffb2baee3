import { describe, expect, test } from 'vitest';
import { MappableDisk } from '../block/mappable-disk.ts';
import type { MemoryDisk } from '../block/memory-disk.ts';
import { Choices } from '../sched/choices.ts';
import type { NamedCall } from '../sched/scheduler.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { FileSystem } from './file-system.ts';
import type { MountRequest } from './mount.ts';
import { e2fsck } from './disk-image.fixture.ts';
import { newDisk, NOW, outcome, putFile, testMount } from './test-mount.fixture.ts';

const PAGE = 4096;
const SHARED = { sharing: 'shared', access: 'read-write' } as const;
const PRIVATE = { sharing: 'private', access: 'read-write' } as const;

/** Every table that can be mapped, by its name. */
const TABLES: readonly (readonly [name: string, request: MountRequest])[] = [
  ['ext4_da_aops', {}],
  ['ext4_aops', { delalloc: false }],
  ['ext4_aops', { delalloc: false, dioreadNolock: false }],
  ['ext4_journalled_aops', { data: 'journal' }],
  ['ext4_iomap_aops', { bufferedIomap: true }],
  ['ext4_iomap_aops', { bufferedIomap: true, delalloc: false }],
  ['ext4_dax_aops', { dax: 'always' }],
];

/** A disk for a mount like that: what is mapped directly has blocks of a page. */
const diskFor = ({ dax }: MountRequest, sizeBytes = 8 << 20): MemoryDisk =>
  dax === 'always' ? newDisk(4096, Math.max(8 << 20, sizeBytes)) : newDisk(1024, sizeBytes);

const mountOn = (disk: MemoryDisk, request: MountRequest): FileSystem =>
  testMount(request.dax === 'always' ? new MappableDisk(disk) : disk, request);

const bytes = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

function later(fs: FileSystem, seconds: number): void {
  fs.now = { ...NOW, seconds: NOW.seconds + seconds };
}

const mtime = (fs: FileSystem): number => fs.stat('/f').mtime.seconds - NOW.seconds;

describe.each(TABLES)('%s %o', (table, request) => {
  const mounted = (): { fs: FileSystem; fd: number } => {
    const fs = mountOn(diskFor(request), request);
    putFile(fs, '/f', bytes(3 * PAGE, 1));
    expect(fs.table('/f')).toBe(table);
    return { fs, fd: fs.open('/f', { access: 'read-write' }) };
  };

  test('a store changes the times when it faults, and faults again after writeback', () => {
    const { fs, fd } = mounted();
    const map = fs.mmap(fd, 0, 3 * PAGE, SHARED);
    later(fs, 10);
    fs.store(map, 5, bytes(3, 2));
    expect(mtime(fs)).toBe(10);
    later(fs, 20);
    fs.store(map, 5, bytes(3, 3));
    expect(mtime(fs)).toBe(10);
    fs.msync(map, 0, PAGE, 'sync');
    later(fs, 30);
    fs.store(map, 5, bytes(3, 4));
    expect(mtime(fs)).toBe(30);
    fs.checkInvariants();
  });

  test('what msync has written survives a power cut; a mapping outlives close and unlink, and keeps the blocks', async () => {
    const disk = diskFor(request);
    const fs = mountOn(disk, request);
    putFile(fs, '/f', bytes(2 * PAGE, 1));
    const fd = fs.open('/f', { access: 'read-write' });
    const map = fs.mmap(fd, 0, 2 * PAGE, SHARED);
    fs.close(fd);
    fs.store(map, PAGE, bytes(7, 9));
    fs.msync(map, 0, 2 * PAGE, 'sync');
    const after = mountOn(disk.snapshot(), request);
    const target = new Uint8Array(8);
    after.pread(after.open('/f', { access: 'read' }), target, PAGE);
    expect([...target]).toEqual([9, 9, 9, 9, 9, 9, 9, 1]);
    const before = fs.statfs().blocksFree;
    fs.unlink('/f');
    expect(outcome(() => fs.unmount())).toBe('EBUSY');
    expect(fs.load(map, PAGE, target)).toBe(8);
    fs.munmap(map);
    expect(fs.statfs().blocksFree).toBeGreaterThanOrEqual(before + (2 * PAGE) / fs.statfs().blockSize);
    fs.unmount();
    expect(await e2fsck(disk)).toBe('clean');
  });

  test('on a full device a store to a hole is SIGBUS, and to what has its place is not', async () => {
    const disk = diskFor(request, 2 << 20);
    const fs = mountOn(disk, request);
    putFile(fs, '/f', bytes(PAGE, 1));
    fs.truncate('/f', 64 * PAGE);
    const fd = fs.open('/f', { access: 'read-write' });
    const map = fs.mmap(fd, 0, 64 * PAGE, SHARED);
    const filler = fs.open('/filler', { access: 'write', create: true });
    while (outcome(() => fs.write(filler, bytes(1024, 5))) === 'done');
    fs.close(filler);
    const stored = Array.from({ length: 64 }, (_, page) =>
      outcome(() => fs.store(map, page * PAGE, bytes(PAGE, 7))),
    );
    expect(stored[0]).toBe('done');
    expect(stored).toContain('EFAULT');
    fs.checkInvariants();
    // What could not be stored is still the hole that it was.
    const target = new Uint8Array(PAGE);
    for (const [page, answer] of stored.entries()) {
      fs.pread(fd, target, page * PAGE);
      expect(new Set(target)).toEqual(new Set([answer === 'done' ? 7 : 0]));
    }
    fs.closeAll();
    fs.unmount();
    expect(await e2fsck(disk)).toBe('clean');
  });

  test('what is stored behind the end of the file never becomes part of it, not on the disk either', () => {
    const disk = diskFor(request);
    const fs = mountOn(disk, request);
    putFile(fs, '/f', bytes(100, 1));
    const fd = fs.open('/f', { access: 'read-write' });
    const map = fs.mmap(fd, 0, PAGE, SHARED);
    fs.store(map, 50, bytes(4000, 9));
    fs.sync();
    fs.store(map, 200, bytes(3000, 9));
    fs.truncate('/f', 3500);
    const target = new Uint8Array(PAGE);
    expect(fs.pread(fd, target, 0)).toBe(3500);
    expect(new Set(target.subarray(100, 3500))).toEqual(new Set([0]));
    fs.store(map, 3000, bytes(10, 8));
    fs.closeAll();
    fs.unmount();
    const again = mountOn(disk, { ...request, bufferedIomap: request.bufferedIomap !== true });
    expect(again.pread(again.open('/f', { access: 'read' }), target, 0)).toBe(3500);
    expect([target[99], target[100], target[2999], target[3000], target[3010]]).toEqual([9, 0, 0, 8, 0]);
  });

  test('pages leave memory and come again; memory that breaks loses only what was dirty', () => {
    const { fs, fd } = mounted();
    const map = fs.mmap(fd, 0, 3 * PAGE, SHARED);
    fs.store(map, 0, bytes(10, 2));
    fs.sync();
    fs.store(map, PAGE, bytes(10, 3));
    fs.reclaim('/f', 100, 3 * PAGE);
    fs.checkInvariants();
    const target = new Uint8Array(2 * PAGE);
    fs.load(map, 0, target);
    expect([target[0], target[10], target[PAGE], target[PAGE + 10]]).toEqual([2, 1, 3, 1]);
  });

  test.each(Array.from({ length: Number(process.env.TWINPATH_SCHEDULES ?? 6) }, (_, seed) => seed + 1))(
    'stores beside truncation, writes and writeback: schedule %i',
    (seed) => {
      let state = seed * 7919;
      const numbers = Array.from({ length: 400 }, () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state >>> 29;
      });
      const disk = diskFor(request);
      const fs = mountOn(disk, { ...request, strategy: new Choices(numbers) });
      putFile(fs, '/f', bytes(3 * PAGE, 1));
      const fd = fs.open('/f', { access: 'read-write' });
      const map = fs.mmap(fd, 0, 3 * PAGE, SHARED);
      const { calls, sb } = fs;
      sb.scheduler.preemptive = true;
      const task = (name: string, call: () => Sleepable<unknown>): NamedCall => ({
        name,
        *start() {
          yield* call();
        },
      });
      fs.concurrently([
        task('store', () => calls.store(map, PAGE - 10, bytes(20, 2))),
        task('cut', () => calls.ftruncate(fd, PAGE + 5)),
        task('write', () => calls.pwrite(fd, bytes(30, 3), 2 * PAGE - 10)),
        task('write back', () => calls.fsync(fd)),
      ]);
      fs.checkInvariants();
      const target = new Uint8Array(4 * PAGE);
      const count = fs.pread(fd, target, 0);
      expect([PAGE + 5, 2 * PAGE + 20]).toContain(count);
      fs.closeAll();
      fs.unmount();
    },
  );
});

test('private mappings never touch the file', () => {
  const fs = testMount();
  putFile(fs, '/f', bytes(PAGE, 1));
  const fd = fs.open('/f', { access: 'read' });
  const map = fs.mmap(fd, 0, PAGE, PRIVATE);
  later(fs, 10);
  fs.store(map, 0, bytes(5, 2));
  const target = new Uint8Array(6);
  fs.pread(fd, target, 0);
  expect([...target]).toEqual([1, 1, 1, 1, 1, 1]);
  fs.load(map, 0, target);
  expect([...target]).toEqual([2, 2, 2, 2, 2, 1]);
  expect(mtime(fs)).toBe(0);
});

/** Linux 6.18.44 answers these (do_mmap, and mmap(2)). */
test('what mmap refuses', () => {
  const fs = testMount();
  putFile(fs, '/f', bytes(PAGE, 1));
  const [reads, writes] = [fs.open('/f', { access: 'read' }), fs.open('/f', { access: 'write' })];
  const dir = fs.open('/', { access: 'read', directory: true });
  const tried = (
    fd: number,
    offset: number,
    length: number,
    access: typeof SHARED | typeof PRIVATE,
  ): string => outcome(() => fs.mmap(fd, offset, length, access));
  expect(tried(reads, 100, PAGE, PRIVATE)).toBe('EINVAL');
  expect(tried(99, 0, PAGE, PRIVATE)).toBe('EBADF');
  expect(tried(reads, 0, 0, PRIVATE)).toBe('EINVAL');
  expect(tried(reads, 0, PAGE, SHARED)).toBe('EACCES');
  expect(tried(writes, 0, PAGE, PRIVATE)).toBe('EACCES');
  const last = Math.floor(fs.sb.maxFileBytes / PAGE) * PAGE;
  expect(tried(reads, last, 2 * PAGE, PRIVATE)).toBe('EOVERFLOW');
  expect(tried(dir, 0, PAGE, PRIVATE)).toBe('ENODEV');
  expect(outcome(() => fs.munmap(7))).toBe('EINVAL');
});
