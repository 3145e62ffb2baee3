import { describe, expect, test } from 'vitest';
import { isRegular } from '../ext4/inode/inode.ts';
import { FolioPool } from '../mm/folio-pool.ts';
import type { FileSystem } from './file-system.ts';
import type { MountRequest } from './mount.ts';
import { newDisk, putFile, testMount } from './test-mount.fixture.ts';

const PAGE = 4096;
const PAGES = 1024;
const SHARED = { sharing: 'shared', access: 'read-write' } as const;

const TABLES: readonly (readonly [name: string, request: MountRequest])[] = [
  ['ext4_da_aops', {}],
  ['ext4_aops', { delalloc: false }],
  ['ext4_journalled_aops', { data: 'journal' }],
  ['ext4_iomap_aops', { bufferedIomap: true }],
];

/** A mapping of a whole file of which nothing is in the cache, and what is afterwards. */
class MappedFile {
  readonly fs: FileSystem;
  readonly fd: number;
  readonly #map: number;

  constructor(request: MountRequest, pages = PAGES) {
    const pool = new FolioPool();
    const fs = testMount(newDisk(4096, 32 << 20), { ...request, pool });
    putFile(fs, '/f', new Uint8Array(pages * PAGE).fill(1));
    fs.sync();
    fs.dropCaches();
    this.fs = fs;
    this.fd = fs.open('/f', { access: 'read-write' });
    this.#map = fs.mmap(this.fd, 0, pages * PAGE, SHARED);
  }

  load(page: number): void {
    expect(this.fs.load(this.#map, page * PAGE, new Uint8Array(1))).toBe(1);
  }

  store(page: number): void {
    expect(this.fs.store(this.#map, page * PAGE, new Uint8Array(1))).toBe(1);
  }

  /** The cached pages, as mincore(2) tells them: [first, end) of each run. */
  get cached(): readonly (readonly [first: number, end: number])[] {
    const runs: [number, number][] = [];
    const inode = [...this.fs.sb.inodes.all()].find(({ mode }) => isRegular(mode));
    for (const { index, pages } of inode?.mapping.range(0, Infinity) ?? []) {
      const last = runs[runs.length - 1];
      if (last?.[1] === index) last[1] += pages;
      else runs.push([index, index + pages]);
    }
    return runs;
  }

  get cachedPages(): number {
    return this.cached.reduce((sum, [first, end]) => sum + end - first, 0);
  }
}

// What mincore(2) says on Linux 6.18, of an ext4 with blocks of 4096 bytes on a loop device with read_ahead_kb 128.
describe.each(TABLES)('%s', (table, request) => {
  test('a fault reads 32 pages around it, and at the mark, 8 before their end, the next ones', () => {
    const file = new MappedFile(request);
    expect(file.fs.table('/f')).toBe(table);
    file.load(100);
    expect(file.cached).toEqual([[84, 116]]);
    file.load(107);
    expect(file.cached).toEqual([[84, 116]]);
    file.load(108);
    expect(file.cached).toEqual([[84, 148]]);
    file.fs.checkInvariants();
  });

  test('at the ends of a file there is less around', () => {
    const atBegin = new MappedFile(request);
    atBegin.load(0);
    expect(atBegin.cached).toEqual([[0, 32]]);
    const atEnd = new MappedFile(request, 40);
    atEnd.load(39);
    expect(atEnd.cached).toEqual([[23, 40]]);
    atEnd.load(5);
    expect(atEnd.cached).toEqual([[0, 40]]);
  });

  test('POSIX_FADV_SEQUENTIAL doubles it, and POSIX_FADV_RANDOM is for reads only', () => {
    const sequential = new MappedFile(request);
    sequential.fs.fadvise(sequential.fd, 0, 0, 'sequential');
    sequential.load(100);
    expect(sequential.cached).toEqual([[68, 132]]);
    const random = new MappedFile(request);
    random.fs.fadvise(random.fd, 0, 0, 'random');
    random.load(100);
    expect(random.cached).toEqual([[84, 116]]);
  });

  test('after 100 stores that found nothing only what is stored to is read, until stores find something again', () => {
    const file = new MappedFile(request, 5000);
    const read = (page: number): number => {
      const before = file.cachedPages;
      file.store(page);
      return file.cachedPages - before;
    };
    const around = Array.from({ length: 104 }, (_, index) => read(20 + index * 40));
    expect(around).toEqual([...Array.from({ length: 100 }, () => 32), 1, 1, 1, 1]);
    for (let index = 0; index < 40; index++) expect(read(21 + index * 40)).toBe(0);
    expect(read(4500)).toBe(32);
  });

  test('a load maps 16 pages that are there, which make up for as many that were not', () => {
    const file = new MappedFile(request, 5000);
    for (let index = 0; index < 104; index++) file.store(20 + index * 40);
    const before = file.cachedPages;
    file.store(4500);
    expect(file.cachedPages - before).toBe(1);
    // Pages 16 to 31 are cached, and page 20 is mapped; the window was [4, 36) with its mark at 28.
    file.load(18);
    file.store(4550);
    expect(file.cachedPages - before).toBe(1 + 32);
  });
});

test('larger windows end where larger folios end, on the path that has those', () => {
  const file = new MappedFile({ bufferedIomap: true });
  for (const page of [100, 108, 116]) file.load(page);
  expect(file.cached).toEqual([[84, 176]]);
  file.load(148);
  expect(file.cached).toEqual([[84, 192]]);
});
