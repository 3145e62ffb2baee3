import {
  fallocate,
  mapped,
  onDisk,
  open,
  opened,
  pread,
  pwrite,
  store,
  task,
  write,
  type NamedRace,
} from './script.ts';

/** Files of a few blocks, on both sides of the end of a page where a block is smaller. */
export const BUFFERED_RACES: readonly NamedRace[] = [
  {
    name: 'write-writeback-truncate',
    about: 'a write over dirty data and the end, its writeback, and a truncation into the middle of a block',
    script: (block) => ({
      image: onDisk('a', 4 * block + 904),
      before: [...opened('a'), pwrite('fd0', 0, 3 * block, 2)],
      tasks: [
        task('writer', pwrite('fd0', 2 * block - 48, 4 * block, 3)),
        task('flusher', { op: 'fsync', handle: 'fd1' }),
        task('truncater', { op: 'ftruncate', handle: 'fd2', size: 2 * block + 452 }),
      ],
    }),
  },
  {
    name: 'write-read',
    about: 'a write of several blocks into a hole, with writeback, beside a read of them and a stat',
    script: (block) => ({
      image: [...onDisk('a', block), { op: 'truncate', path: 'a', size: 5 * block }],
      before: opened('a'),
      tasks: [
        task('writer', pwrite('fd0', block - 100, 5 * block, 3)),
        task('reader', pread('fd1', 0, 8 * block), { op: 'fstat', handle: 'fd1' }),
        task('flusher', { op: 'fsync', handle: 'fd2' }),
      ],
    }),
  },
  {
    name: 'write-writeback-reclaim',
    about: 'a small write into data that is written back and dropped from memory meanwhile, beside a read',
    script: (block) => ({
      image: onDisk('a', 10),
      before: [...opened('a'), pwrite('fd0', 0, 3 * block, 2)],
      tasks: [
        task('writer', pwrite('fd0', block + 100, 50, 3)),
        task('flusher', { op: 'fsync', handle: 'fd1' }, { op: 'drop-caches' }),
        task('reader', pread('fd2', 0, 3 * block)),
      ],
    }),
  },
  {
    name: 'write-fault-punch',
    about: 'a write, a store to a shared mapping that faults, and a hole punched through both',
    script: (block) => ({
      image: onDisk('a', 4 * block),
      before: [...opened('a'), mapped('fd1', 2)],
      tasks: [
        task('writer', pwrite('fd0', block - 100, 2 * block, 3)),
        task('mapper', store(2 * block + 10, { seed: 4, length: 100 })),
        task('puncher', fallocate('fd2', 'punch', block + 200, 2 * block)),
      ],
    }),
  },
  {
    name: 'punch-writeback-read',
    about: 'a hole punched into dirty data while that is written back, beside a read',
    script: (block) => ({
      image: onDisk('a', 2 * block),
      before: [...opened('a'), pwrite('fd0', block, 3 * block, 2)],
      tasks: [
        task('puncher', fallocate('fd0', 'punch', block - 50, 2 * block)),
        task('flusher', { op: 'fsync', handle: 'fd1' }),
        task('reader', pread('fd2', 0, 5 * block)),
      ],
    }),
  },
  {
    name: 'append-append',
    about: 'two appending writes that share a block, and a read of the end',
    script: (block) => ({
      image: onDisk('a', block + 300),
      before: [open('fd0', 'a', { append: true }), open('fd1', 'a', { append: true }), open('fd2', 'a')],
      tasks: [
        task('first', write('fd0', block, 3)),
        task('second', write('fd1', block + 200, 4)),
        task('reader', pread('fd2', block, 4 * block)),
      ],
    }),
  },
  {
    name: 'truncate-extend-read',
    about:
      'a truncation and a longer size, beside a read and writeback: nothing of what was cut off comes back',
    script: (block) => ({
      image: onDisk('a', 3 * block + 500),
      before: [...opened('a'), pwrite('fd0', block, 2 * block, 2)],
      tasks: [
        task(
          'truncater',
          { op: 'ftruncate', handle: 'fd0', size: block + 100 },
          { op: 'ftruncate', handle: 'fd0', size: 4 * block },
        ),
        task('reader', pread('fd1', 0, 5 * block)),
        task('flusher', { op: 'fsync', handle: 'fd2' }),
      ],
    }),
  },
  {
    name: 'truncate-append',
    about: 'a truncation of dirty data beside an append to it, with a sync of everything',
    script: (block) => ({
      image: onDisk('a', 2 * block),
      before: [open('fd0', 'a'), open('fd1', 'a', { append: true }), pwrite('fd0', 2 * block, 2 * block, 2)],
      tasks: [
        task('truncater', { op: 'ftruncate', handle: 'fd0', size: block + 10 }),
        task('appender', write('fd1', block, 3)),
        task('flusher', { op: 'sync' }),
      ],
    }),
  },
  {
    name: 'unlink-write',
    about: 'a file loses its name while it is written, with a sync and its last close',
    script: (block) => ({
      image: onDisk('a', block),
      before: [open('fd0', 'a'), pwrite('fd0', 0, 2 * block, 2)],
      tasks: [
        task('writer', pwrite('fd0', block, 3 * block, 3), { op: 'close', handle: 'fd0' }),
        task('remover', { op: 'unlink', path: 'a' }),
        task('flusher', { op: 'sync' }),
      ],
    }),
  },
  {
    name: 'rename-write',
    about: 'a file with new contents is renamed over one that is written',
    script: (block) => ({
      image: [...onDisk('a', block), ...onDisk('b', 2 * block)],
      before: [open('fd0', 'a'), open('fd1', 'b'), pwrite('fd0', 0, 2 * block, 2)],
      tasks: [
        task('writer', pwrite('fd1', block, 2 * block, 3), { op: 'close', handle: 'fd1' }),
        task('renamer', { op: 'rename', from: 'a', to: 'b' }),
        task('opener', open('fd5', 'b', {}, 'read'), pread('fd5', 0, 4 * block)),
      ],
    }),
  },
  {
    name: 'write-write',
    about: 'two writes over the same blocks, beside writeback of what one of them has placed',
    script: (block) => ({
      image: onDisk('a', 100),
      before: opened('a'),
      tasks: [
        task('first', pwrite('fd0', 50, 3 * block, 3)),
        task('second', pwrite('fd1', block + 20, 3 * block, 4)),
        task('flusher', { op: 'fdatasync', handle: 'fd2' }),
      ],
    }),
  },
];
