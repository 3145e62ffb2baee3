import { describe } from 'vitest';
import type { Program, RenameFlag } from './real-kernel/call.fixture.ts';
import { likeTheKernel } from './real-kernel/compare.fixture.ts';

/** Something of every kind, and times that are remembered. */
const TREE: Program = [
  ['mkdir', 'd', 0o755],
  ['mkdir', 'd/sub', 0o755],
  ['mkdir', 'd/sub/deep', 0o755],
  ['mkdir', 'e', 0o700],
  ['mkdir', 'empty', 0o755],
  ['mknod', 'f', 'file', 0o644, 0, 0],
  ['link', 'f', 'd/hard'],
  ['mknod', 'd/g', 'file', 0o600, 0, 0],
  ['mknod', 'pipe', 'fifo', 0o600, 0, 0],
  ['symlink', 'd', 'way'],
  ['symlink', 'nowhere', 'dangling'],
];

const NAMES = ['.', 'd', 'd/sub', 'd/sub/deep', 'e', 'empty', 'f', 'd/g', 'pipe', 'way'] as const;

/** Who has changed, what is linked how often, and where `..` leads. */
const look = (...paths: readonly string[]): Program => [
  ...paths.map((path) => ['changed', path] as const),
  ...paths.map((path) => ['lstat', path] as const),
  ...['.', 'd', 'e', 'd/sub'].map((path) => ['readdir', path] as const),
  ...['d/sub/..', 'd/sub/deep/..', 'e/sub/..', 'e/deep/..'].map((path) => ['readdir', path] as const),
];

const PATHS = [
  ['f', 'new'],
  ['f', 'd/new'],
  ['f', 'd/g'],
  ['f', 'd/hard'],
  ['f', 'd'],
  ['f', 'empty'],
  ['f', 'new/'],
  ['f/', 'new'],
  ['f/', 'd/g'],
  ['f', 'd/g/'],
  ['f', 'nothing/new'],
  ['nothing', 'new'],
  ['nothing', 'f'],
  ['d', 'new'],
  ['d', 'new/'],
  ['d', 'empty'],
  ['d/', 'empty/'],
  ['empty', 'd'],
  ['empty', 'e'],
  ['empty', 'f'],
  ['d', 'f/'],
  ['d/sub', 'e'],
  ['d/sub', 'e/sub'],
  ['d/sub', 'empty'],
  ['d/sub', 'f'],
  ['d/sub/deep', 'e'],
  ['d/sub/deep', 'f'],
  ['d/sub/deep', 'd/g'],
  ['d/sub/deep', 'pipe'],
  ['pipe', 'd/sub/deep'],
  ['d', 'd/sub/deep/new'],
  ['d', 'd/sub'],
  ['d/sub', 'd'],
  ['d/sub/deep', 'd'],
  ['d', 'd'],
  ['f', 'f'],
  ['way', 'e/way'],
  ['way', 'd/g'],
  ['way/', 'e/way'],
  ['way/sub', 'e/sub'],
  ['dangling', 'f'],
  ['pipe', 'f'],
  ['.', 'e'],
  ['d/..', 'e'],
  ['e', '.'],
  ['e', 'd/..'],
  ['e', ''],
  ['', 'e'],
  ['n'.repeat(256), 'e'],
  ['e', 'n'.repeat(256)],
] as const;

const FLAGS: readonly (readonly RenameFlag[])[] = [
  [],
  ['noreplace'],
  ['exchange'],
  ['whiteout'],
  ['noreplace', 'whiteout'],
];

const everyWay = (flags: readonly RenameFlag[]): [string, Program][] =>
  PATHS.map(([from, to]) => [
    `${from} → ${to} ${flags.join(' ')}`,
    [...TREE, ['mark', ...NAMES], ['rename', from, to, flags], ...look(...NAMES, 'e/sub', 'e/way')],
  ]);

describe('every kind of name to every other, with every flag', () => {
  likeTheKernel(Object.fromEntries(FLAGS.flatMap(everyWay)));
});

describe('flags that do not go together', () => {
  likeTheKernel({
    exchange: [
      ...TREE,
      ['rename', 'f', 'd/g', ['exchange', 'noreplace']],
      ['rename', '', 'd/g', ['exchange', 'whiteout']],
    ],
  });
});

describe('whiteouts', () => {
  likeTheKernel({
    'are owned by the caller, or by the group of a set-group-ID directory': [
      ['mkdir', 'd', 0o2777],
      ['chown', 'd', 7, 70],
      ['caller', 1000, 100, [70]],
      ['mknod', 'd/f', 'file', 0o644, 0, 0],
      ['rename', 'd/f', 'd/g', ['whiteout']],
      ['lstat', 'd/f'],
      ['lstat', 'd/g'],
      ['rename', 'd/g', 'd/f', ['whiteout']],
      ['lstat', 'd/g'],
      ['rename', 'd/g', 'd/f', ['exchange']],
      ['lstat', 'd/f'],
      ['unlink', 'd/f'],
      ['readdir', 'd'],
    ],
    'of a directory': [
      ...TREE,
      ['rename', 'd/sub', 'e/sub', ['whiteout']],
      ['lstat', 'd'],
      ['lstat', 'd/sub'],
      ['rmdir', 'd/sub'],
      ['rename', 'e/sub', 'd/sub', []],
      ['unlink', 'd/sub'],
      ['rename', 'e/sub', 'd/sub', []],
      ['lstat', 'd'],
      ['readdir', 'd/sub'],
    ],
  });
});

describe('files that are open while they lose their name', () => {
  likeTheKernel({
    'replaced by another': [
      ...TREE,
      ['open', 'a', 'd/g', 'read-write', [], 0],
      ['write', 'a', 5000],
      ['rename', 'f', 'd/g', []],
      ['fstat', 'a'],
      ['write', 'a', 5000],
      ['linkHandle', 'a', 'again'],
      ['close', 'a'],
      ['lstat', 'd/g'],
    ],
    'exchanged with another': [
      ...TREE,
      ['open', 'a', 'd/g', 'read-write', [], 0],
      ['rename', 'd/g', 'e', ['exchange']],
      ['fstat', 'a'],
      ['unlink', 'e'],
      ['fstat', 'a'],
      ['lstat', 'd/g'],
      ['rmdir', 'd/g'],
    ],
  });
});
