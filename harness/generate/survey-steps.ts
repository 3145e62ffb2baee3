import type {
  Advice,
  Content,
  FallocateMode,
  FlagChanges,
  Handle,
  OpenFlags,
  Operation,
} from '../../model/index.ts';

/** The steps of a survey (survey.ts): one file after the other, all by root. */

const bytes = (length: number, seed = 1): Content => ({ seed, length });

const open = (as: Handle, path: string, flags: OpenFlags = { create: true }): Operation => ({
  op: 'open',
  as,
  path,
  access: 'read-write',
  flags,
  mode: 0o644,
});

const pread = (handle: Handle, offset: number, length: number): Operation => ({
  op: 'pread',
  handle,
  offset,
  length,
});

const pwrite = (handle: Handle, offset: number, length: number, seed = 1): Operation => ({
  op: 'pwrite',
  handle,
  offset,
  content: bytes(length, seed),
});

const DROP_PAGES: Operation = { op: 'drop-caches', what: 'pages' };
const ALL = 1 << 20;

/** Every callback of the table that file `a` has. */
export const CACHE_SURVEY: readonly Operation[] = [
  open('fd0', 'a'),
  pwrite('fd0', 0, 30_000),
  { op: 'fsync', handle: 'fd0' },
  // Pages are let go of, read ahead, and good to read in part.
  DROP_PAGES,
  pread('fd0', 0, 30_000),
  DROP_PAGES,
  pwrite('fd0', 0, 1024, 2),
  pread('fd0', 0, 1024),
  pread('fd0', 2048, 100),
  // Stores, and what they leave for writeback. A dirty folio moves to other memory.
  {
    op: 'mmap',
    as: 'map0',
    handle: 'fd0',
    offset: 0,
    length: 16_384,
    sharing: 'shared',
    access: 'read-write',
  },
  { op: 'load', mapping: 'map0', offset: 5000, length: 10 },
  { op: 'store', mapping: 'map0', offset: 5000, content: bytes(100, 3) },
  { op: 'reclaim', path: 'a', offset: 0, length: ALL },
  { op: 'store', mapping: 'map0', offset: 9000, content: bytes(100, 4) },
  { op: 'msync', mapping: 'map0', offset: 0, length: 16_384, mode: 'sync' },
  pwrite('fd0', 8192, 4096, 5),
  { op: 'reclaim', path: 'a', offset: 0, length: ALL },
  // The memory of a clean page is broken.
  { op: 'fsync', handle: 'fd0' },
  pread('fd0', 0, 4096),
  { op: 'reclaim', path: 'a', offset: 5, length: 100 },
  { op: 'bmap', path: 'a', block: 1 },
  { op: 'fiemap', path: 'a', offset: 0, length: ALL, sync: true },
  { op: 'writeback', path: 'a', offset: 0, length: ALL },
  // Ends and holes within a block.
  { op: 'ftruncate', handle: 'fd0', size: 20_500 },
  { op: 'ftruncate', handle: 'fd0', size: 25_000 },
  { op: 'fallocate', handle: 'fd0', mode: 'punch', offset: 300, length: 9000 },
  { op: 'sync' },
  // A file to swap to.
  open('fd1', 's'),
  pwrite('fd1', 0, 40_960),
  { op: 'mkswap', handle: 'fd1' },
  { op: 'fsync', handle: 'fd1' },
  { op: 'swapon', path: 's' },
  { op: 'swapoff', path: 's' },
  { op: 'close', handle: 'fd1' },
  pread('fd0', 0, 25_000),
];

const MODES: readonly FallocateMode[] = [
  'allocate',
  'keep-size',
  'punch',
  'zero',
  'zero-keep-size',
  'write-zeroes',
  'collapse',
  'insert',
];

const ADVICE: readonly Advice[] = ['normal', 'sequential', 'random', 'willneed', 'dontneed', 'noreuse'];

/** Changed, and then as it was. */
const flagged = (path: string, name: keyof FlagChanges): Operation[] =>
  [name !== 'extents', name === 'extents'].map((value) => ({
    op: 'chattr',
    path,
    immutable: false,
    append: false,
    [name]: value,
  }));

/** Every way to touch the bytes of file `a`, which is mapped by extents. */
export const WAY_SURVEY: readonly Operation[] = [
  open('fd0', 'a'),
  { op: 'write', handle: 'fd0', content: bytes(20_000) },
  ...MODES.map((mode): Operation => ({ op: 'fallocate', handle: 'fd0', mode, offset: 8192, length: 8192 })),
  { op: 'seek', handle: 'fd0', offset: 0, whence: 'data' },
  { op: 'seek', handle: 'fd0', offset: 0, whence: 'hole' },
  { op: 'read', handle: 'fd0', length: 100 },
  { ...pwrite('fd0', 0, 100), rwf: ['append'] } as Operation,
  { ...pwrite('fd0', 0, 100), rwf: ['dsync'] } as Operation,
  { ...pwrite('fd0', 0, 100), rwf: ['sync'] } as Operation,
  { ...pread('fd0', 0, 100), rwf: ['nowait'] } as Operation,
  { ...pwrite('fd0', 0, 5000), rwf: ['dontcache'] } as Operation,
  { ...pread('fd0', 0, 5000), rwf: ['dontcache'] } as Operation,
  { ...pwrite('fd0', 0, 5000), pieces: [10, 1000] } as Operation,
  { ...pread('fd0', 0, 5000), pieces: [10, 1000] } as Operation,
  { ...pwrite('fd0', 0, 9000), faultAt: 4096 } as Operation,
  { ...pread('fd0', 0, 9000), faultAt: 4096 } as Operation,
  ...ADVICE.map((advice): Operation => ({ op: 'fadvise', handle: 'fd0', offset: 0, length: 20_000, advice })),
  { op: 'readahead', handle: 'fd0', offset: 0, length: 20_000 },
  { op: 'sync-file-range', handle: 'fd0', offset: 0, length: 5000, wait: 'both', write: true },
  { op: 'mmap', as: 'map0', handle: 'fd0', offset: 0, length: 8192, sharing: 'shared', access: 'read-write' },
  {
    op: 'mmap',
    as: 'map1',
    handle: 'fd0',
    offset: 0,
    length: 8192,
    sharing: 'private',
    access: 'read-write',
  },
  { op: 'store', mapping: 'map1', offset: 10, content: bytes(10) },
  { op: 'munmap', mapping: 'map1' },
  open('fd1', 'b', { create: true, direct: true }),
  pwrite('fd1', 0, 8192),
  pread('fd1', 0, 4096),
  open('fd2', 'c', { create: true, append: true }),
  open('fd3', 'd', { create: true, sync: true }),
  open('fd4', 'e', { create: true, dsync: true }),
  ...(['fd2', 'fd3', 'fd4'] as const).map((handle) => pwrite(handle, 0, 5000)),
  { op: 'fdatasync', handle: 'fd2' },
  { op: 'syncfs', handle: 'fd2' },
  { op: 'fstat', handle: 'fd2' },
  { op: 'copy-file-range', from: 'fd0', fromOffset: 0, to: 'fd3', toOffset: 100, length: 5000 },
  { op: 'sendfile', from: 'fd0', fromOffset: 0, to: 'fd4', length: 3000 },
  { op: 'move-extent', handle: 'fd3', donor: 'fd4', offset: 0, donorOffset: 0, length: 4 },
  { op: 'truncate', path: 'a', size: 12_345 },
  { op: 'reconfigure', mount: { bufferedIomap: true } },
  { op: 'reconfigure', mount: { bufferedIomap: false } },
  { op: 'reconfigure', mount: { dioreadNolock: false } },
  ...flagged('c', 'journalData'),
  ...flagged('c', 'append'),
  ...flagged('c', 'immutable'),
  ...flagged('c', 'extents'),
  { op: 'freeze' },
  { op: 'thaw' },
  { op: 'trim', start: 0, length: 2 ** 40, minimum: 0 },
  { op: 'statfs' },
];

/** What is left of the vocabulary. */
export const NAME_SURVEY: readonly Operation[] = [
  open('fd0', 'a'),
  { op: 'mkdir', path: 'd', mode: 0o755 },
  { op: 'mknod', path: 'p', type: 'fifo', mode: 0o644, device: { major: 0, minor: 0 } },
  { op: 'symlink', target: 'a', path: 'l' },
  { op: 'link', from: 'a', to: 'd/a' },
  { op: 'link-handle', handle: 'fd0', to: 'd/b' },
  { op: 'rename', from: 'd/b', to: 'd/c' },
  { op: 'readlink', path: 'l' },
  { op: 'stat', path: 'l' },
  { op: 'lstat', path: 'l' },
  { op: 'readdir', path: 'd' },
  { op: 'chmod', path: 'a', mode: 0o600 },
  { op: 'chown', path: 'a', uid: 1, gid: 2 },
  { op: 'utimens', path: 'a', atime: 'now', mtime: 'omit' },
  { op: 'setxattr', path: 'a', name: 'user.x', value: bytes(20) },
  { op: 'getxattr', path: 'a', name: 'user.x' },
  { op: 'listxattr', path: 'a' },
  { op: 'removexattr', path: 'a', name: 'user.x' },
  { op: 'set-project', path: 'a', project: 5 },
  { op: 'lsattr', path: 'a' },
  { op: 'close', handle: 'fd0' },
  { op: 'unlink', path: 'p' },
  { op: 'unlink', path: 'd/a' },
  { op: 'unlink', path: 'd/c' },
  { op: 'rmdir', path: 'd' },
  { op: 'setcreds', uid: 1000, gid: 1000, groups: [] },
  { op: 'setcreds', uid: 0, gid: 0, groups: [] },
  { op: 'remount' },
];
