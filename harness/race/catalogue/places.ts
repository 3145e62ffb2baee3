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

/** Calls that give, move and take places on the device, beside those that use them. */
export const PLACE_RACES: readonly NamedRace[] = [
  {
    name: 'allocate-write-writeback',
    about: 'space promised for a file and beyond, beside a write into it and its writeback',
    script: (block) => ({
      image: onDisk('a', block),
      before: [...opened('a'), pwrite('fd0', 0, 2 * block, 2)],
      tasks: [
        task('allocator', fallocate('fd0', 'allocate', block, 4 * block)),
        task('writer', pwrite('fd1', 2 * block - 30, block, 3)),
        task('flusher', { op: 'fsync', handle: 'fd2' }),
      ],
    }),
  },
  {
    name: 'zero-write-read',
    about: 'zeros written over data and beyond the end, beside a write and a read',
    script: (block) => ({
      image: onDisk('a', 3 * block),
      before: [...opened('a'), pwrite('fd0', block, block, 2)],
      tasks: [
        task('eraser', fallocate('fd0', 'zero', block - 20, 3 * block)),
        task('writer', pwrite('fd1', 2 * block - 30, 60, 3)),
        task('reader', pread('fd2', 0, 5 * block)),
      ],
    }),
  },
  {
    name: 'collapse-write-read',
    about: 'a range taken out of a file that is dirty, beside a write behind it and a read',
    script: (block) => ({
      image: onDisk('a', 4 * Math.max(block, 4096)),
      before: [...opened('a'), pwrite('fd0', 0, block, 2)],
      tasks: [
        task('collapser', fallocate('fd0', 'collapse', block, block)),
        task('writer', pwrite('fd1', 2 * block - 30, block, 3)),
        task('reader', pread('fd2', 0, 5 * block)),
      ],
    }),
  },
  {
    name: 'insert-writeback-read',
    about: 'a hole pushed into a file that is dirty, beside writeback and a read',
    script: (block) => ({
      image: onDisk('a', 3 * block),
      before: [...opened('a'), pwrite('fd0', block, 2 * block, 2)],
      tasks: [
        task('inserter', fallocate('fd0', 'insert', block, block)),
        task('flusher', { op: 'fsync', handle: 'fd1' }),
        task('reader', pread('fd2', 0, 5 * block)),
      ],
    }),
  },
  {
    name: 'fault-truncate-writeback',
    about: 'stores to a mapping of the last page, beside a truncation and the background flusher',
    script: (block) => ({
      image: onDisk('a', 2 * block + 300),
      before: [...opened('a'), mapped('fd0', 1)],
      tasks: [
        task('mapper', store(100, { seed: 4, length: 50 }), store(block - 60, { seed: 5, length: 50 })),
        task('truncater', { op: 'ftruncate', handle: 'fd1', size: block - 30 }),
        task('flusher', { op: 'writeback', path: 'a', offset: 0, length: 4 * block }),
      ],
    }),
  },
  {
    name: 'two-files-reclaim',
    about: 'writes to two files beside background writeback of one, and reclaim of the other',
    script: (block) => ({
      image: [...onDisk('a', block), ...onDisk('b', 2 * block)],
      before: [open('fd0', 'a'), open('fd1', 'b'), pwrite('fd0', 0, 2 * block, 2), pwrite('fd1', 0, 100, 2)],
      tasks: [
        task('writer', pwrite('fd0', block, 2 * block, 3), write('fd1', 100, 4)),
        task('flusher', { op: 'writeback', path: 'a', offset: 0, length: 4 * block }, { op: 'sync' }),
        task('reclaimer', { op: 'reclaim', path: 'b', offset: 0, length: 4096 }, pread('fd1', 0, 2 * block)),
      ],
    }),
  },
  {
    name: 'unlink-rename-sync',
    about:
      'a name that moves over another while that is removed, and a commit of the dirty file that it leads to',
    script: (block) => ({
      image: [...onDisk('a', block), ...onDisk('b', block)],
      before: [open('fd0', 'a'), pwrite('fd0', 0, 2 * block, 2)],
      tasks: [
        task('renamer', { op: 'rename', from: 'a', to: 'b' }),
        task('remover', { op: 'unlink', path: 'b' }),
        task('flusher', { op: 'fsync', handle: 'fd0' }),
      ],
    }),
  },
];
