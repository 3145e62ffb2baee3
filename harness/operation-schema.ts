import * as z from 'zod';
import type { Advice, RwfFlag } from '../model/index.ts';
import {
  PAGE_BYTES,
  SECONDS_MAX,
  type FallocateMode,
  type Operation,
  type OperationName,
  type Whence,
} from '../model/index.ts';

/** The most bytes that one operation of a stored case moves. More would be a way to exhaust memory, not to find a bug. */
export const TRANSFER_BYTES_MAX = 64 << 20;

/** PATH_MAX is 4096 bytes with the final NUL; how much longer a path is than that makes no difference. */
const PATH_CHARACTERS_MAX = 1 << 14;

const XATTR_NAME_CHARACTERS_MAX = 1024;

/** 64 KiB hold 8191 entries; one more is E2BIG. */
const ACL_ENTRIES_MAX = 8192;
const GROUPS_MAX = 64;

const HANDLE_PATTERN = /^fd(?:0|[1-9]\d{0,8})$/;
const MAPPING_PATTERN = /^map(?:0|[1-9]\d{0,8})$/;
const MAPPED_BYTES_MAX = 2 ** 32;
const LONE_SURROGATE = /\p{Surrogate}/u;
const MODE_MAX = 0o7777;
const ID_MAX = 2 ** 32 - 2;

const path = z
  .string()
  .max(PATH_CHARACTERS_MAX)
  .refine((text) => !text.startsWith('/'), { error: 'expected a path without a leading slash' })
  .refine((text) => !text.includes('\0'), { error: 'expected a path without NUL' })
  .refine((text) => !LONE_SURROGATE.test(text), { error: 'expected a path without lone surrogates' });

const handle = z.custom<`fd${number}`>((value) => typeof value === 'string' && HANDLE_PATTERN.test(value), {
  error: 'expected a handle such as "fd3"',
});

const mapping = z.custom<`map${number}`>(
  (value) => typeof value === 'string' && MAPPING_PATTERN.test(value),
  { error: 'expected a mapping such as "map0"' },
);

/** z.int() is a safe integer. Negative offsets are kept: they must answer EINVAL. */
const offset = z.int();
const length = z.int().min(0).max(TRANSFER_BYTES_MAX);
const content = z.strictObject({ seed: z.int().min(0), length });
const mode = z.int().min(0).max(MODE_MAX);
const id = z.int().min(-1).max(ID_MAX);
const flag = z.literal(true).exactOptional();
const time = z.strictObject({
  seconds: z
    .int()
    .min(-2 * SECONDS_MAX)
    .max(2 * SECONDS_MAX),
  nanoseconds: z.int().min(0).max(999_999_999),
});
const setTime = z.union([time, z.literal('now'), z.literal('omit')], {
  error: 'expected "now", "omit" or {seconds, nanoseconds} in range',
});

/** Longer names than 255 bytes are ERANGE, however long; the value of 64 KiB and one byte is E2BIG, however long. */
const xattrName = z
  .string()
  .max(XATTR_NAME_CHARACTERS_MAX)
  .refine((text) => !text.includes('\0'), { error: 'expected a name without NUL' })
  .refine((text) => !LONE_SURROGATE.test(text), { error: 'expected a name without lone surrogates' });
const identifier = z.int().min(0).max(ID_MAX);
const acl = z.strictObject({
  acl: z
    .array(
      z.strictObject({
        tag: z.literal(['owner', 'user', 'owning-group', 'group', 'mask', 'others']),
        permissions: z.int().min(0).max(0xffff),
        id: identifier.exactOptional(),
      }),
    )
    .max(ACL_ENTRIES_MAX),
});
const word = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const capability = z.strictObject({
  capability: z.strictObject({ permitted: word, inheritable: word, effective: z.boolean() }),
});
const onXattr = { path, name: xattrName, nofollow: flag };
const device = z.strictObject({
  major: z.int().min(0).max(0xfff),
  minor: z.int().min(0).max(0xfffff),
});

export const FALLOCATE_MODES = [
  'allocate',
  'keep-size',
  'punch',
  'zero',
  'zero-keep-size',
  'collapse',
  'insert',
  'write-zeroes',
] as const satisfies FallocateMode[];

/** Whether a seek looks for data or for a hole. */
export const isSeekForContents = (whence: Whence): whence is 'data' | 'hole' =>
  whence === 'data' || whence === 'hole';

/** FIBMAP is told an int. */
const BLOCK_MAX = 2 ** 31 - 1;

export const RWF_FLAGS = ['append', 'dsync', 'sync', 'nowait', 'dontcache'] as const satisfies RwfFlag[];

export const ADVICE = [
  'normal',
  'sequential',
  'random',
  'willneed',
  'dontneed',
  'noreuse',
] as const satisfies Advice[];

/** 1024 pieces are what a call takes (UIO_MAXIOV). */
const PIECES_MAX = 64;

const place = z.int().min(0);

const transfer = {
  rwf: z.array(z.literal(RWF_FLAGS)).min(1).max(RWF_FLAGS.length).exactOptional(),
  pieces: z.array(length).min(1).max(PIECES_MAX).exactOptional(),
  faultAt: length.exactOptional(),
  misaligned: z
    .int()
    .min(1)
    .max(PAGE_BYTES - 1)
    .exactOptional(),
};

const isRecord = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Each operation's arguments, in the order in which they are written. */
const shapes = {
  open: z.strictObject({
    op: z.literal('open'),
    as: handle,
    path,
    access: z.literal(['read', 'write', 'read-write']),
    flags: z.strictObject({
      create: flag,
      exclusive: flag,
      truncate: flag,
      append: flag,
      directory: flag,
      nofollow: flag,
      tmpfile: flag,
      direct: flag,
      sync: flag,
      dsync: flag,
    }),
    mode,
  }),
  onHandle: z.strictObject({
    op: z.literal(['close', 'fsync', 'fdatasync', 'fstat', 'syncfs', 'mkswap']),
    handle,
  }),
  read: z.strictObject({ op: z.literal('read'), handle, length, ...transfer }),
  pread: z.strictObject({ op: z.literal('pread'), handle, offset, length, ...transfer }),
  write: z.strictObject({ op: z.literal('write'), handle, content, ...transfer }),
  pwrite: z.strictObject({ op: z.literal('pwrite'), handle, offset, content, ...transfer }),
  copyFileRange: z.strictObject({
    op: z.literal('copy-file-range'),
    from: handle,
    fromOffset: place.nullable(),
    to: handle,
    toOffset: place.nullable(),
    length,
  }),
  sendfile: z.strictObject({
    op: z.literal('sendfile'),
    from: handle,
    fromOffset: place.nullable(),
    to: handle,
    length,
  }),
  readahead: z.strictObject({ op: z.literal('readahead'), handle, offset: place, length }),
  fadvise: z.strictObject({
    op: z.literal('fadvise'),
    handle,
    offset,
    length: offset,
    advice: z.literal(ADVICE),
  }),
  mmap: z.strictObject({
    op: z.literal('mmap'),
    as: mapping,
    handle,
    offset: place,
    length: z.int().min(0).max(MAPPED_BYTES_MAX),
    sharing: z.literal(['shared', 'private']),
    access: z.literal(['read', 'read-write']),
  }),
  munmap: z.strictObject({ op: z.literal('munmap'), mapping }),
  load: z.strictObject({ op: z.literal('load'), mapping, offset: place, length }),
  store: z.strictObject({ op: z.literal('store'), mapping, offset: place, content }),
  msync: z.strictObject({
    op: z.literal('msync'),
    mapping,
    offset: place,
    length: z.int().min(0).max(MAPPED_BYTES_MAX),
    mode: z.literal(['sync', 'async']),
  }),
  syncFileRange: z.strictObject({
    op: z.literal('sync-file-range'),
    handle,
    offset,
    length: offset,
    wait: z.literal(['none', 'before', 'after', 'both']),
    write: z.boolean(),
  }),
  seek: z.strictObject({
    op: z.literal('seek'),
    handle,
    offset,
    whence: z.literal(['set', 'current', 'end', 'data', 'hole']),
  }),
  fallocate: z.strictObject({
    op: z.literal('fallocate'),
    handle,
    mode: z.literal(FALLOCATE_MODES),
    offset,
    length: offset,
  }),
  moveExtent: z.strictObject({
    op: z.literal('move-extent'),
    handle,
    donor: handle,
    offset: place,
    donorOffset: place,
    length: place,
  }),
  fiemap: z.strictObject({
    op: z.literal('fiemap'),
    path,
    offset: z.int().min(0),
    length: z.int().min(0),
    sync: flag,
  }),
  bmap: z.strictObject({ op: z.literal('bmap'), path, block: z.int().min(-BLOCK_MAX).max(BLOCK_MAX) }),
  truncate: z.strictObject({ op: z.literal('truncate'), path, size: offset }),
  ftruncate: z.strictObject({ op: z.literal('ftruncate'), handle, size: offset }),
  onNothing: z.strictObject({ op: z.literal(['sync', 'statfs', 'freeze', 'thaw', 'remount']) }),
  dropCaches: z.strictObject({
    op: z.literal('drop-caches'),
    what: z.literal(['pages', 'inodes']).exactOptional(),
  }),
  inCache: z.strictObject({
    op: z.literal(['reclaim', 'writeback']),
    path,
    offset: place,
    length: place,
  }),
  trim: z.strictObject({ op: z.literal('trim'), start: place, length: place, minimum: place }),
  reconfigure: z.strictObject({
    op: z.literal('reconfigure'),
    mount: z.strictObject({
      dioreadNolock: z.boolean().exactOptional(),
      bufferedIomap: z.boolean().exactOptional(),
    }),
  }),
  onPath: z.strictObject({
    op: z.literal(['rmdir', 'unlink', 'readlink', 'stat', 'lstat', 'readdir', 'lsattr', 'swapon', 'swapoff']),
    path,
  }),
  withMode: z.strictObject({ op: z.literal(['mkdir', 'chmod']), path, mode }),
  link: z.strictObject({ op: z.literal('link'), from: path, to: path }),
  rename: z.strictObject({
    op: z.literal('rename'),
    from: path,
    to: path,
    flag: z.literal(['noreplace', 'exchange', 'whiteout']).exactOptional(),
  }),
  linkHandle: z.strictObject({ op: z.literal('link-handle'), handle, to: path }),
  mknod: z.strictObject({
    op: z.literal('mknod'),
    path,
    type: z.literal(['file', 'fifo', 'socket', 'character-device', 'block-device']),
    mode,
    device,
  }),
  setxattr: z.strictObject({
    op: z.literal('setxattr'),
    path,
    name: xattrName,
    value: z.union([content, acl, capability], { error: 'expected {seed, length}, {acl} or {capability}' }),
    flag: z.literal(['create', 'replace']).exactOptional(),
    nofollow: flag,
  }),
  onXattr: z.strictObject({ op: z.literal(['getxattr', 'removexattr']), ...onXattr }),
  listxattr: z.strictObject({ op: z.literal('listxattr'), path, nofollow: flag }),
  setcreds: z.strictObject({
    op: z.literal('setcreds'),
    uid: identifier,
    gid: identifier,
    groups: z.array(identifier).max(GROUPS_MAX),
  }),
  chattr: z.strictObject({
    op: z.literal('chattr'),
    path,
    immutable: z.boolean(),
    append: z.boolean(),
    sync: z.boolean().exactOptional(),
    dirsync: z.boolean().exactOptional(),
    noatime: z.boolean().exactOptional(),
    nodump: z.boolean().exactOptional(),
    journalData: z.boolean().exactOptional(),
    extents: z.boolean().exactOptional(),
  }),
  setProject: z.strictObject({ op: z.literal('set-project'), path, project: identifier }),
  symlink: z.strictObject({ op: z.literal('symlink'), target: path, path }),
  chown: z.strictObject({ op: z.literal('chown'), path, uid: id, gid: id }),
  utimens: z.strictObject({ op: z.literal('utimens'), path, atime: setTime, mtime: setTime }),
};

export const operationSchema = z.discriminatedUnion(
  'op',
  [
    shapes.open,
    shapes.onHandle,
    shapes.read,
    shapes.pread,
    shapes.write,
    shapes.pwrite,
    shapes.copyFileRange,
    shapes.sendfile,
    shapes.readahead,
    shapes.fadvise,
    shapes.syncFileRange,
    shapes.mmap,
    shapes.munmap,
    shapes.load,
    shapes.store,
    shapes.msync,
    shapes.seek,
    shapes.fallocate,
    shapes.moveExtent,
    shapes.fiemap,
    shapes.bmap,
    shapes.truncate,
    shapes.ftruncate,
    shapes.onNothing,
    shapes.dropCaches,
    shapes.inCache,
    shapes.trim,
    shapes.reconfigure,
    shapes.onPath,
    shapes.withMode,
    shapes.link,
    shapes.rename,
    shapes.linkHandle,
    shapes.mknod,
    shapes.setxattr,
    shapes.onXattr,
    shapes.listxattr,
    shapes.setcreds,
    shapes.chattr,
    shapes.setProject,
    shapes.symlink,
    shapes.chown,
    shapes.utimens,
  ],
  { error: ({ input }) => (isRecord(input) ? 'expected the name of an operation' : undefined) },
);

/** Every operation of the vocabulary; the compiler sees that none is missing. */
const names: Readonly<Record<OperationName, true>> = {
  open: true,
  close: true,
  read: true,
  pread: true,
  write: true,
  pwrite: true,
  'copy-file-range': true,
  sendfile: true,
  readahead: true,
  fadvise: true,
  'sync-file-range': true,
  syncfs: true,
  mmap: true,
  munmap: true,
  load: true,
  store: true,
  msync: true,
  seek: true,
  fallocate: true,
  'move-extent': true,
  fiemap: true,
  bmap: true,
  truncate: true,
  ftruncate: true,
  fsync: true,
  fdatasync: true,
  sync: true,
  mkdir: true,
  rmdir: true,
  unlink: true,
  rename: true,
  link: true,
  symlink: true,
  readlink: true,
  stat: true,
  lstat: true,
  readdir: true,
  fstat: true,
  chmod: true,
  chown: true,
  utimens: true,
  'link-handle': true,
  mknod: true,
  setxattr: true,
  getxattr: true,
  removexattr: true,
  listxattr: true,
  setcreds: true,
  chattr: true,
  lsattr: true,
  'set-project': true,
  statfs: true,
  'drop-caches': true,
  reclaim: true,
  writeback: true,
  trim: true,
  mkswap: true,
  swapon: true,
  swapoff: true,
  freeze: true,
  thaw: true,
  reconfigure: true,
  remount: true,
};

export const OPERATION_NAMES = Object.keys(names) as OperationName[];

export function isOperation(value: unknown): value is Operation {
  return operationSchema.safeParse(value).success;
}

/** How many bytes an operation moves, or may move. */
export function bytesMoved(operation: Operation): number {
  switch (operation.op) {
    case 'read':
    case 'pread':
    case 'copy-file-range':
    case 'sendfile':
    case 'load':
      return operation.length;
    case 'write':
    case 'pwrite':
    case 'store':
      return operation.content.length;
    default:
      return 0;
  }
}
