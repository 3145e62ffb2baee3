import { mapped, onDisk, open, opened, pread, pwrite, store, task, write, type NamedRace } from './script.ts';

/** Direct I/O beside what goes through the cache. Places are multiples of a sector, and some lie within a block. */
export const DIRECT_RACES: readonly NamedRace[] = [
  {
    name: 'dio-append-read',
    about:
      'a direct append from within the last block to another page, beside a read of everything, a stat, and a sync',
    script: (block) => ({
      image: onDisk('a', block + 512),
      before: [open('fd0', 'a', { direct: true, append: true }), open('fd1', 'a'), open('fd2', 'a')],
      tasks: [
        task('appender', write('fd0', 4096 + block, 3)),
        task('reader', pread('fd1', 0, 4096 + 3 * block), { op: 'fstat', handle: 'fd1' }),
        task('flusher', { op: 'fsync', handle: 'fd2' }),
      ],
    }),
  },
  {
    name: 'dio-append-dirty',
    about:
      'a direct append to a file of which the end is dirty in memory, beside a direct read and writeback',
    script: (block) => ({
      image: onDisk('a', 512),
      before: [
        open('fd0', 'a', { direct: true, append: true }),
        open('fd1', 'a', { direct: true }),
        open('fd2', 'a'),
        pwrite('fd2', 512, 2 * block, 2),
      ],
      tasks: [
        task('appender', write('fd0', block, 3)),
        task('reader', pread('fd1', 0, 6 * block)),
        task('flusher', { op: 'fsync', handle: 'fd2' }),
      ],
    }),
  },
  {
    name: 'dio-write-hole',
    about: 'a direct write over data and a hole, beside a read through the cache and its reclaim',
    script: (block) => ({
      image: [...onDisk('a', block), { op: 'truncate', path: 'a', size: 5 * block }],
      before: [open('fd0', 'a', { direct: true }), open('fd1', 'a')],
      tasks: [
        task('writer', pwrite('fd0', 512, 3 * block, 3)),
        task('reader', pread('fd1', 0, 5 * block)),
        task('reclaimer', { op: 'drop-caches' }),
      ],
    }),
  },
  {
    name: 'dio-write-write',
    about: 'a direct write and one through the cache over the same blocks, beside a truncation',
    script: (block) => ({
      image: onDisk('a', 3 * block),
      before: [
        open('fd0', 'a', { direct: true }),
        open('fd1', 'a'),
        open('fd2', 'a'),
        pwrite('fd1', 0, block, 2),
      ],
      tasks: [
        task('direct', pwrite('fd0', block - 512, 2 * block, 3)),
        task('cached', pwrite('fd1', block - 100, 2 * block, 4)),
        task('truncater', { op: 'ftruncate', handle: 'fd2', size: block + 100 }),
      ],
    }),
  },
  {
    name: 'dio-read-store',
    about: 'a direct read beside a store to a mapping, and writeback',
    script: (block) => ({
      image: [...onDisk('a', block + 512), { op: 'truncate', path: 'a', size: 3 * block }],
      before: [open('fd0', 'a', { direct: true }), ...opened('a').slice(1), mapped('fd1', 1)],
      tasks: [
        task('reader', pread('fd0', 0, 3 * block)),
        task('mapper', store(block - 50, { seed: 4, length: 40 }), store(0, { seed: 5, length: 10 })),
        task('flusher', { op: 'fsync', handle: 'fd2' }),
      ],
    }),
  },
  {
    name: 'dio-write-punch',
    about: 'a direct write and a hole punched into it, beside a direct read',
    script: (block) => ({
      image: onDisk('a', 4 * block),
      before: [
        open('fd0', 'a', { direct: true }),
        ...opened('a').slice(1, 2),
        open('fd2', 'a', { direct: true }),
      ],
      tasks: [
        task('writer', pwrite('fd0', block, 2 * block, 3)),
        task('puncher', {
          op: 'fallocate',
          handle: 'fd1',
          mode: 'punch',
          offset: block + 200,
          length: 2 * block,
        }),
        task('reader', pread('fd2', 0, 4 * block)),
      ],
    }),
  },
];
