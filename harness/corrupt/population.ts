import type { AclEntry, Operation } from '../../model/index.ts';

const DIRECTORY_MODE = 0o755;
const FILE_MODE = 0o644;

/** Names in the large directory: more than a few blocks of any size hold. */
const NAMES = 260;

/** Names as long as can be in another: with blocks of 1024 bytes its index has a second level. */
const LONG_NAMES = 420;
const LONG_NAME_BYTES = 240;

/** What an image holds before it is damaged: something of every kind, on disk in as many structures as can be. */
export function population(): Operation[] {
  return [
    ...directories(),
    ...files(),
    ...links(),
    ...nodes(),
    ...attributes(),
    ...longNames(),
    { op: 'sync' },
  ];
}

/** Then, for an image whose power is cut: transactions that wait in the log, and open files without a name. */
export function lastWords(): Operation[] {
  return [
    { op: 'remount' },
    { op: 'unlink', path: 'd0/fragments' },
    { op: 'open', as: 'fd90', path: 'd0/small', access: 'read-write', flags: {}, mode: 0 },
    { op: 'unlink', path: 'd0/small' },
    { op: 'rename', from: 'd1/deep', to: 'd2/deeper' },
    ...written('d2/late', 'fd91', [[0, 30_000]]),
    { op: 'sync' },
    { op: 'mkdir', path: 'd2/new', mode: DIRECTORY_MODE },
    ...Array.from({ length: 40 }, (_, index): Operation => ({ op: 'unlink', path: nameOf(index) })),
    { op: 'truncate', path: 'd1/large', size: 5000 },
    { op: 'fsync', handle: 'fd90' },
  ];
}

function directories(): Operation[] {
  const paths = ['d0', 'd1', 'd1/deep', 'd1/deep/deeper', 'd2', 'd2/sticky', 'many'];
  return [
    ...paths.map((path): Operation => ({ op: 'mkdir', path, mode: DIRECTORY_MODE })),
    { op: 'chmod', path: 'd2/sticky', mode: 0o3777 },
    ...Array.from({ length: NAMES }, (_, index) => emptyFile(nameOf(index), index)).flat(),
  ];
}

const nameOf = (index: number): string => `many/${String(index).padStart(4, '0')}${'x'.repeat(index % 60)}`;

const emptyFile = (path: string, index: number): Operation[] =>
  index % 5 === 0
    ? [{ op: 'symlink', target: `target-${index}`, path }]
    : written(path, 'fd80', index % 7 === 0 ? [[0, 100 * index]] : []);

function files(): Operation[] {
  const everyOther = Array.from({ length: 60 }, (_, index): [number, number] => [index * 8192, 512]);
  return [
    ...written('d0/small', 'fd1', [[0, 77]]),
    ...written('d0/fragments', 'fd2', everyOther),
    ...written('d1/large', 'fd3', [[0, 300_000]]),
    ...written('d1/deep/sparse', 'fd4', [
      [0, 100],
      [1 << 30, 5000],
    ]),
    ...written('d1/deep/more', 'fd5', everyOther.slice(0, 20)),
    { op: 'truncate', path: 'd0/grown', size: 0 },
    ...written('d0/grown', 'fd6', [[10_000, 1]]),
    { op: 'truncate', path: 'd0/grown', size: 123_456 },
    { op: 'chown', path: 'd0/grown', uid: 1000, gid: 100 },
  ];
}

function written(
  path: string,
  handle: 'fd80' | `fd${number}`,
  pieces: readonly (readonly [number, number])[],
): Operation[] {
  return [
    { op: 'open', as: handle, path, access: 'read-write', flags: { create: true }, mode: FILE_MODE },
    ...pieces.map(([offset, length]): Operation => ({
      op: 'pwrite',
      handle,
      offset,
      content: { seed: offset + length, length },
    })),
    { op: 'close', handle },
  ];
}

function longNames(): Operation[] {
  const name = (index: number): string => `deep/${String(index).padStart(LONG_NAME_BYTES, 'l')}`;
  return [
    { op: 'mkdir', path: 'deep', mode: DIRECTORY_MODE },
    ...Array.from({ length: LONG_NAMES }, (_, index): Operation => ({
      op: 'link',
      from: 'd1/large',
      to: name(index),
    })),
  ];
}

function nodes(): Operation[] {
  const device = { major: 8, minor: 300 };
  return (['fifo', 'socket', 'character-device', 'block-device'] as const).map((type) => ({
    op: 'mknod',
    path: `d2/${type}`,
    type,
    mode: FILE_MODE,
    device,
  }));
}

/** In inodes, in blocks of their own, in a block that two share; where there is ea_inode, in inodes, too. */
function attributes(): Operation[] {
  const set = (path: string, name: string, length: number): Operation => ({
    op: 'setxattr',
    path,
    name,
    value: { seed: length, length },
  });
  return [
    set('d0/small', 'user.short', 10),
    set('d0/small', 'user.second', 20),
    set('d1', 'trusted.directory', 30),
    set('d1/large', 'user.long', 700),
    set('d0/grown', 'user.shared', 600),
    set('d0/fragments', 'user.shared', 600),
    set('d1/deep/more', 'user.huge', 20_000),
    set('d1/deep/sparse', 'security.label', 40),
    { op: 'setxattr', path: 'd0/small', name: 'system.posix_acl_access', value: { acl: accessList() } },
    { op: 'setxattr', path: 'd1', name: 'system.posix_acl_default', value: { acl: accessList() } },
  ];
}

const accessList = (): AclEntry[] => [
  { tag: 'owner', permissions: 7 },
  { tag: 'user', permissions: 5, id: 1000 },
  { tag: 'owning-group', permissions: 4 },
  { tag: 'group', permissions: 6, id: 100 },
  { tag: 'mask', permissions: 7 },
  { tag: 'others', permissions: 0 },
];

function links(): Operation[] {
  return [
    { op: 'link', from: 'd1/large', to: 'd2/hard' },
    { op: 'symlink', target: 'd0/grown', path: 'fast' },
    { op: 'symlink', target: `${'long/'.repeat(30)}target`, path: 'd0/slow' },
    { op: 'symlink', target: '../d1', path: 'd0/up' },
    { op: 'symlink', target: 'loop', path: 'loop' },
  ];
}
