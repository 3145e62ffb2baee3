import { describe, expect, test } from 'vitest';
import { e2fsck } from './disk-image.fixture.ts';
import type { Program } from './real-kernel/call.fixture.ts';
import { likeTheKernel } from './real-kernel/compare.fixture.ts';
import { randomTransfers } from './real-kernel/random-transfers.fixture.ts';
import { newDisk, outcome, testMount } from './test-mount.fixture.ts';

const BOTH_PATHS = [
  {},
  { bufferedIomap: true },
  { delalloc: false },
  { bufferedIomap: true, delalloc: false },
];

const created = (file: string, path: string, flags: readonly ('direct' | 'append' | 'truncate')[] = []) =>
  ['open', file, path, 'read-write', ['create', ...flags], 0o644] as const;

/** A file of 20,000 bytes on the device, opened for direct I/O as `d`, and as `b` through the cache. */
const WRITTEN: Program = [
  created('b', 'f'),
  ['pwritev', 'b', 0, 20_000, 1, {}],
  ['fsync', 'b'],
  created('d', 'f', ['direct']),
];

const read = (offset: number, length: number, misaligned = 0) =>
  ['preadv', 'd', offset, length, { misaligned }] as const;
const write = (offset: number, length: number, misaligned = 0) =>
  ['pwritev', 'd', offset, length, offset + length, { misaligned }] as const;

const ALIGNMENT: Record<string, Program> = {
  'reads of blocks are of whole sectors': [
    ...WRITTEN,
    ...[0, 100, 512, 19_456, 19_968, 20_000, 20_480].flatMap((offset) =>
      [0, 1, 100, 512, 1024, 4096, 65_536].map((length) => read(offset, length)),
    ),
  ],
  'reads of holes are of any bytes': [
    created('d', 'f', ['direct']),
    ['ftruncate', 'd', 65_536],
    ...[0, 100, 512].flatMap((offset) => [1, 100, 512, 5000].map((length) => read(offset, length, 3))),
  ],
  'memory in one page begins anywhere, in several at a sector': [
    ...WRITTEN,
    ...[0, 1, 4, 100, 512, 3584, 3800, 4095].flatMap((misaligned) =>
      [512, 1024, 4096, 8192].flatMap((length) => [
        read(0, length, misaligned),
        write(4096, length, misaligned),
      ]),
    ),
    ['sum', 'f'],
  ],
  'writes are of whole sectors, everywhere': [
    ...WRITTEN,
    ...[0, 100, 512, 8192, 20_000].flatMap((offset) =>
      [100, 512, 1536].map((length) => write(offset, length)),
    ),
    ['ftruncate', 'd', 100_000],
    ...[50_000, 65_536].flatMap((offset) => [100, 512, 5120].map((length) => write(offset, length))),
    ['sum', 'f'],
    ['fstat', 'd'],
  ],
  'pieces that follow each other are one memory': [
    ...WRITTEN,
    ...[[512], [100], [100, 412], [300, 0, 724], [0]].flatMap((pieces) => [
      ['preadv', 'd', 0, 2048, { pieces }] as const,
      ['pwritev', 'd', 0, 2048, 5, { pieces }] as const,
    ]),
    ['sum', 'f'],
  ],
  'a directory is not opened, other names are': [
    ['mkdir', 'dir', 0o755],
    ['open', 'd', 'dir', 'read', ['direct'], 0],
    ['open', 'd', 'dir', 'read', ['direct', 'directory'], 0],
    ['open', 'd', 'new', 'read', ['direct', 'create'], 0o600],
  ],
};

const CACHE: Record<string, Program> = {
  'what is dirty in the cache is read, and what is written directly is read through it': [
    ...WRITTEN,
    ['pwritev', 'b', 3000, 3000, 7, {}],
    read(0, 8192),
    write(2048, 4096),
    ['preadv', 'b', 0, 9000, {}],
    ['pwritev', 'b', 30_000, 1000, 8, {}],
    write(28_672, 512),
    write(40_960, 1024),
    ['preadv', 'b', 19_000, 30_000, {}],
    ['sum', 'f'],
  ],
  'a file grows by direct writes, partial blocks too': [
    created('d', 'f', ['direct']),
    created('b', 'f'),
    write(0, 512),
    write(512, 512),
    write(1024, 3072),
    write(10_240, 512),
    ['preadv', 'b', 0, 20_000, {}],
    ['fstat', 'd'],
    ['ftruncate', 'd', 10_300],
    write(12_288, 512),
    ['sum', 'f'],
  ],
  'appending is at the end, which must be at a sector': [
    created('d', 'f', ['direct', 'append']),
    ['pwritev', 'd', null, 512, 1, {}],
    ['pwritev', 'd', 0, 512, 2, {}],
    ['preadv', 'd', null, 512, {}],
    ['ftruncate', 'd', 1000],
    ['pwritev', 'd', null, 512, 3, {}],
    ['sum', 'f'],
  ],
  // What a write that failed has left depends on how the blocks lay, so each has a file of its own.
  'memory that ends is EFAULT, whatever was written before': [0, 512, 4096, 5000].flatMap((faultAt) => [
    ['unlink', 'f'] as const,
    ...WRITTEN,
    ['preadv', 'd', 0, 8192, { faultAt }] as const,
    ['pwritev', 'd', 0, 8192, 9, { faultAt }] as const,
    ['sum', 'f'] as const,
  ]),
  // Not within a block: earlier builds of Linux 6.18.44 go on behind the zeros that fill the block, and leave a longer file; the build
  // fc-v1252 does not, and we do not (below).
  'memory that ends with a block, where blocks are placed': [0, 4096].flatMap((faultAt) => [
    created('d', 'f', ['direct', 'truncate']),
    ['pwritev', 'd', 65_536, 8192, 9, { faultAt }] as const,
    ['fstat', 'd'] as const,
    ['sum', 'f'] as const,
    ['ftruncate', 'd', 65_536] as const,
    ['pwritev', 'd', 0, 8192, 9, { faultAt }] as const,
    ['sum', 'f'] as const,
  ]),
  'a directory as everywhere': [
    ['open', 'd', '.', 'read', ['directory'], 0],
    ['preadv', 'd', 0, 10, {}],
    ['preadv', 'd', 0, 10, { rwf: ['sync'] }],
    ['preadv', 'd', 0, 0, { rwf: ['sync'] }],
    ['pwritev', 'd', 0, 10, 1, {}],
  ],
};

const FLAGS: Record<string, Program> = {
  'RWF_APPEND ignores the offset, and moves the position when there is none': [
    created('b', 'f'),
    ['pwritev', 'b', null, 100, 1, { rwf: ['append'] }],
    ['pwritev', 'b', 10, 100, 2, { rwf: ['append', 'dsync'] }],
    ['preadv', 'b', null, 500, { rwf: ['append'] }],
    ['seek', 'b', 0, 'set'],
    ['pwritev', 'b', null, 100, 3, { rwf: ['append', 'sync'] }],
    ['preadv', 'b', null, 500, {}],
    ['sum', 'f'],
  ],
  'RWF_NOWAIT refuses buffered writes': [
    created('b', 'f'),
    ['pwritev', 'b', 0, 100, 1, { rwf: ['nowait'] }],
    ['pwritev', 'b', 0, 0, 1, { rwf: ['nowait'] }],
    ['pwritev', 'b', 0, 100, 1, {}],
    ['preadv', 'b', 0, 200, { rwf: ['nowait'] }],
    ['preadv', 'b', 100, 200, { rwf: ['nowait'] }],
  ],
  'RWF_DONTCACHE changes no byte': [
    created('b', 'f'),
    ['pwritev', 'b', 100, 9000, 1, { rwf: ['dontcache'] }],
    ['pwritev', 'b', 5000, 9000, 2, { rwf: ['dontcache'] }],
    ['preadv', 'b', 0, 20_000, { rwf: ['dontcache'] }],
    ['preadv', 'b', 0, 20_000, {}],
    ['sum', 'f'],
  ],
  'buffered transfers end where memory does': [
    created('b', 'f'),
    ...[0, 1, 1000, 5000].flatMap((faultAt) => [
      ['pwritev', 'b', 100, 9000, faultAt, { faultAt }] as const,
      ['sum', 'f'] as const,
      ['pwritev', 'b', 30_000, 9000, faultAt, { faultAt }] as const,
      ['sum', 'f'] as const,
      ['preadv', 'b', 50, 9000, { faultAt }] as const,
      ['preadv', 'b', 50_000, 9000, { faultAt }] as const,
      ['pwritev', 'b', null, 9000, 3, { faultAt, pieces: [500, 4000] }] as const,
      ['seek', 'b', 0, 'set'] as const,
      ['ftruncate', 'b', 0] as const,
    ]),
  ],
};

const COPIES: Record<string, Program> = {
  copy_file_range: [
    ...WRITTEN,
    created('t', 't'),
    ['copyFileRange', 'b', 0, 't', 5, 100],
    ['copyFileRange', 'b', 19_990, 't', 0, 100],
    ['copyFileRange', 'b', 20_000, 't', 0, 100],
    ['copyFileRange', 'b', 30_000, 't', 0, 5],
    ['copyFileRange', 'b', 0, 'b', 5, 100],
    ['copyFileRange', 'b', 0, 'b', 100, 100],
    ['copyFileRange', 'b', 0, 't', 0, 0],
    ['copyFileRange', 'b', -1, 't', 0, 5],
    ['copyFileRange', 'b', -10, 't', 0, 5],
    ['copyFileRange', 'b', 0, 't', -1, 5],
    ['copyFileRange', 'b', 0, 't', -10, 5],
    ['seek', 'b', 19_000, 'set'],
    ['copyFileRange', 'b', null, 't', null, 5000],
    ['copyFileRange', 'b', null, 't', null, 5000],
    ['pwritev', 't', null, 3, 3, {}],
    ['copyFileRange', 'b', 3, 't', 70_000, 20_000],
    ['sum', 't'],
    ['open', 'r', 'f', 'read', [], 0],
    ['open', 'w', 't', 'write', [], 0],
    ['open', 'a', 't', 'read-write', ['append'], 0],
    ['open', 'dir', '.', 'read', [], 0],
    ['copyFileRange', 'w', 0, 't', 0, 5],
    ['copyFileRange', 'b', 0, 'r', 0, 5],
    ['copyFileRange', 'b', 0, 'a', 0, 5],
    ['copyFileRange', 'dir', 0, 'b', 0, 5],
    ['copyFileRange', 'b', 0, 'dir', 0, 5],
    ['sum', 't'],
  ],
  sendfile: [
    ...WRITTEN,
    created('t', 't'),
    ['sendfile', 't', 'b', 0, 100_000],
    ['sendfile', 't', 'b', 19_990, 100],
    ['sendfile', 't', 'b', 20_000, 100],
    ['sendfile', 't', 'b', null, 10],
    ['seek', 'b', 7, 'set'],
    ['sendfile', 't', 'b', null, 10],
    ['preadv', 'b', null, 5, {}],
    ['sendfile', 't', 'b', 0, 0],
    ['sendfile', 't', 'b', -1, 5],
    ['open', 'r', 'f', 'read', [], 0],
    ['open', 'w', 't', 'write', [], 0],
    ['open', 'a', 't', 'read-write', ['append'], 0],
    ['open', 'dir', '.', 'read', [], 0],
    ['sendfile', 'a', 'b', 0, 5],
    ['sendfile', 'r', 'b', 0, 5],
    ['sendfile', 't', 'w', 0, 5],
    ['sendfile', 't', 'dir', 0, 5],
    ['sendfile', 'dir', 'b', 0, 5],
    ['sum', 't'],
  ],
  'advice and syncs': [
    ...WRITTEN,
    ['open', 'r', 'f', 'read', [], 0],
    ['open', 'w', 'f', 'write', [], 0],
    ['open', 'dir', '.', 'read', [], 0],
    ...['r', 'w', 'dir'].flatMap((file) => [
      ['readahead', file, 0, 10] as const,
      ['readahead', file, -1, 10] as const,
      ['fadvise', file, 0, -1, 'normal'] as const,
      ['fadvise', file, -5, 10, 'willneed'] as const,
      ['fadvise', file, 5, 0, 'dontneed'] as const,
      ['syncFileRange', file, 0, 0, 'both', true] as const,
      ['syncFileRange', file, -1, 5, 'both', true] as const,
      ['syncFileRange', file, 0, -1, 'both', true] as const,
      ['syncFileRange', file, 0, 5, 'none', false] as const,
      ['syncfs', file] as const,
    ]),
    ['syncfs', 'nobody'],
  ],
};

describe.each([1024, 4096] as const)('direct I/O with blocks of %i bytes', (blockSize) => {
  describe.each(BOTH_PATHS)('mounted with %j', (mount) => {
    likeTheKernel({ ...ALIGNMENT, ...CACHE, ...FLAGS, ...COPIES }, [], { blockSize, mount });
  });
});

describe('direct I/O of files with indirect blocks', () => {
  likeTheKernel({ ...ALIGNMENT, ...CACHE }, ['^extent', '^64bit']);
});

describe('direct I/O of files in their inodes', () => {
  likeTheKernel({ ...CACHE, ...FLAGS }, ['inline_data']);
});

test.each(BOTH_PATHS)(
  'a direct write that ends with its memory leaves nothing behind the end: %j',
  async (mount) => {
    const disk = newDisk();
    const fs = testMount(disk, mount);
    const fd = fs.open('f', { access: 'write', create: true, direct: true });
    expect(outcome(() => fs.write(fd, new Uint8Array(4096), { faultAt: 512 }))).toBe('EFAULT');
    expect(fs.fstat(fd)).toMatchObject({ size: 0, sectors: 0 });
    fs.close(fd);
    fs.unmount();
    expect(await e2fsck(disk)).toBe('clean');
  },
);

describe.each(BOTH_PATHS)('transfers at random, mounted with %j', (mount) => {
  likeTheKernel(randomTransfers(20_261_122, 20, 30), [], { mount });
  likeTheKernel(randomTransfers(7, 12, 30), [], { blockSize: 4096, mount });
});
