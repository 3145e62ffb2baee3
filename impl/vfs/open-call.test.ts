import { describe } from 'vitest';
import type { Access, OpenFlag, Program } from './real-kernel/call.fixture.ts';
import { likeTheKernel } from './real-kernel/compare.fixture.ts';

const USER = ['caller', 1000, 100, []] as const;
const OTHER = ['caller', 2000, 200, []] as const;
const ROOT = ['caller', 0, 0, []] as const;

/** A directory for everybody, and one that hands its group down. */
const TREE: Program = [
  ['mkdir', 'all', 0o777],
  ['mkdir', 'group', 0o2777],
  ['chown', 'group', 7, 70],
  ['mkdir', 'closed', 0o755],
  ['symlink', 'all', 'way'],
  ['mknod', 'file', 'file', 0o666, 0, 0],
];

const tmpfile = (
  file: string,
  path: string,
  mode = 0o640,
  access: Access = 'read-write',
  more: readonly OpenFlag[] = [],
): Program[number] => ['open', file, path, access, ['tmpfile', ...more], mode];

describe('O_TMPFILE', () => {
  likeTheKernel({
    'paths and flags': [
      ...TREE,
      tmpfile('a', 'all', 0o640, 'read'),
      tmpfile('a', 'all', 0o640, 'write', ['create']),
      tmpfile('a', 'all', 0o640, 'read', ['truncate']),
      tmpfile('a', 'file'),
      tmpfile('a', 'file/'),
      tmpfile('a', ''),
      tmpfile('a', 'nothing'),
      tmpfile('a', 'way', 0o640, 'write', ['nofollow']),
      tmpfile('b', 'way', 0o7777, 'write', ['truncate', 'append']),
      ['fstat', 'b'],
      ['write', 'b', 10],
      ['fstat', 'b'],
      ['read', 'b', 1],
      ['readdir', 'all'],
    ],
    'owner, group and mode': [
      ...TREE,
      USER,
      tmpfile('a', 'all', 0o6755),
      ['fstat', 'a'],
      tmpfile('b', 'group', 0o6755),
      ['fstat', 'b'],
      tmpfile('c', 'group', 0o2640),
      ['fstat', 'c'],
      tmpfile('d', 'closed'),
      ROOT,
      tmpfile('e', 'group', 0o6755),
      ['fstat', 'e'],
    ],
    'a name, once': [
      ...TREE,
      tmpfile('a', 'all'),
      ['write', 'a', 3000],
      ['linkHandle', 'a', 'closed/first'],
      ['fstat', 'a'],
      ['linkHandle', 'a', 'all/second'],
      ['linkHandle', 'a', 'all/second'],
      ['lstat', 'closed/first'],
      ['unlink', 'closed/first'],
      ['unlink', 'all/second'],
      ['fstat', 'a'],
      ['linkHandle', 'a', 'all/third'],
      ['close', 'a'],
      ['readdir', 'all'],
    ],
    'never a name with O_EXCL': [
      ...TREE,
      tmpfile('a', 'all', 0o640, 'write', ['exclusive']),
      ['linkHandle', 'a', 'all/name'],
      ['fstat', 'a'],
    ],
    'who may link': [
      ...TREE,
      USER,
      tmpfile('a', 'all'),
      OTHER,
      ['linkHandle', 'a', 'all/other'],
      USER,
      ['linkHandle', 'a', 'all/again'],
      ROOT,
      ['linkHandle', 'a', 'all/root'],
      ['lstat', 'all/root'],
    ],
  });
});

describe('linkat of an open file', () => {
  likeTheKernel({
    paths: [
      ...TREE,
      ['open', 'a', 'file', 'read', [], 0],
      ['open', 'd', 'all', 'read', ['directory'], 0],
      ['linkHandle', 'none', 'all/x'],
      ['linkHandle', 'a', ''],
      ['linkHandle', 'a', 'all'],
      ['linkHandle', 'a', 'all/x/'],
      ['linkHandle', 'a', 'nothing/x'],
      ['linkHandle', 'd', 'x'],
      ['linkHandle', 'a', 'all/x'],
      ['unlink', 'file'],
      ['unlink', 'all/x'],
      ['linkHandle', 'a', 'all/y'],
      ['fstat', 'a'],
    ],
    'the caller who opened it': [
      ...TREE,
      USER,
      ['open', 'a', 'file', 'read', [], 0],
      ['linkHandle', 'a', 'closed/x'],
      ['linkHandle', 'a', 'all/x'],
    ],
  });
});

/** Every way to open for everybody, of each mode. */
const everyOpen = (mode: number): Program => [
  ['mkdir', 'd', 0o777],
  ['mknod', 'd/f', 'file', mode, 0, 0],
  ['chown', 'd/f', 1000, 100],
  ['chmod', 'd/f', mode],
  ...[
    USER,
    ['caller', 1001, 100, []] as const,
    ['caller', 1001, 101, [5, 100]] as const,
    OTHER,
    ROOT,
  ].flatMap((caller): Program => [
    caller,
    ['open', 'a', 'd/f', 'read', [], 0],
    ['open', 'b', 'd/f', 'write', [], 0],
    ['open', 'c', 'd/f', 'read-write', [], 0],
    ['open', 'd', 'd/f', 'read', ['truncate'], 0],
    ['open', 'e', 'd/f', 'read', ['create', 'exclusive'], 0],
    ['truncate', 'd/f', 3],
  ]),
];

describe('permissions', () => {
  likeTheKernel(
    Object.fromEntries(
      [0o000, 0o400, 0o200, 0o040, 0o020, 0o004, 0o002, 0o070, 0o606, 0o660, 0o777].map((mode) => [
        mode.toString(8),
        everyOpen(mode),
      ]),
    ),
  );
});

describe('what a caller may not create', () => {
  likeTheKernel({
    'in a directory of somebody else': [
      ...TREE,
      USER,
      ['open', 'a', 'closed/new', 'write', ['create'], 0o644],
      ['open', 'a', 'closed/new', 'write', [], 0o644],
      ['open', 'a', 'closed', 'read', ['create'], 0o644],
      ['open', 'a', 'file', 'read', ['create'], 0o644],
      ['open', 'a', 'all/new', 'read', ['create'], 0o000],
      ['write', 'a', 1],
      ['open', 'b', 'all/new', 'read', ['create'], 0o000],
      ['lstat', 'all/new'],
    ],
    'a new file is open whatever its mode': [
      ...TREE,
      USER,
      ['open', 'a', 'all/new', 'read-write', ['create'], 0o000],
      ['write', 'a', 1],
      ['lstat', 'all/new'],
    ],
    'set-group-ID': [
      ...TREE,
      USER,
      ['open', 'a', 'group/x', 'write', ['create'], 0o2755],
      ['lstat', 'group/x'],
      ['open', 'a', 'group/y', 'write', ['create'], 0o2644],
      ['lstat', 'group/y'],
      ['open', 'a', 'all/y', 'write', ['create'], 0o2755],
      ['lstat', 'all/y'],
      ['caller', 1000, 100, [70]],
      ['open', 'a', 'group/z', 'write', ['create'], 0o6755],
      ['lstat', 'group/z'],
    ],
  });
});

describe('traps in a directory like /tmp', () => {
  const types = ['file', 'socket', 'character-device', 'block-device'] as const;
  likeTheKernel({
    'that strangers left': [
      ['mkdir', 'tmp', 0o1777],
      ['mkdir', 'mine', 0o1755],
      ...types.flatMap((type): Program => [
        ['mknod', `tmp/${type}`, type, 0o666, 0, 0],
        ['mknod', `mine/${type}`, type, 0o666, 0, 0],
        ['chown', `tmp/${type}`, 1000, 100],
        ['chown', `mine/${type}`, 1000, 100],
      ]),
      ['symlink', 'nowhere', 'tmp/link'],
      ...[OTHER, USER, ROOT].flatMap((caller): Program => [
        caller,
        ...types
          .filter((type) => type === 'file' || type === 'socket')
          .flatMap((type): Program => [
            ['open', 'a', `tmp/${type}`, 'read', ['create'], 0o644],
            ['open', 'b', `mine/${type}`, 'read', ['create'], 0o644],
            ['open', 'c', `tmp/${type}`, 'read', [], 0o644],
          ]),
        ['open', 'd', 'tmp/link', 'read', ['create', 'nofollow'], 0o644],
      ]),
      OTHER,
      ['open', 'a', 'tmp/character-device', 'read', ['create'], 0o644],
      ['open', 'a', 'tmp/block-device', 'write', ['create'], 0o644],
    ],
  });
});
