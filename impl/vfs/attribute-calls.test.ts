import { describe } from 'vitest';
import type { Call, Program } from './real-kernel/call.fixture.ts';
import { likeTheKernel } from './real-kernel/compare.fixture.ts';

const ROOT = ['caller', 0, 0, []] as const;
const OWNER = ['caller', 1000, 100, [50]] as const;
const MEMBER = ['caller', 2000, 50, [100]] as const;
const STRANGER = ['caller', 3000, 300, []] as const;
const CALLERS = [OWNER, MEMBER, STRANGER, ROOT] as const;

/** A file and a directory of 1000:100 with this mode, in a directory for everybody. */
const tree = (mode: number): Program => [
  ['mkdir', 'd', 0o777],
  ...(['d/f', 'd/s'] as const).flatMap((path): Program => [
    path === 'd/f' ? ['mknod', path, 'file', 0o600, 0, 0] : ['mkdir', path, 0o700],
    ['chown', path, 1000, 100],
    ['chmod', path, mode],
  ]),
];

const MODES = [0o644, 0o4755, 0o2755, 0o2745, 0o6777, 0o6666, 0o1777, 0o000] as const;

/** Each caller in turn, each on a tree of its own. */
const byEverybody = (what: string, change: readonly Call[]): Record<string, Program> =>
  Object.fromEntries(
    MODES.flatMap((mode) =>
      CALLERS.map((caller) => [
        `${what} ${mode.toString(8)} by ${caller[1]}`,
        [...tree(mode), ['mark', 'd/f', 'd/s'], caller, ...change, ROOT, ...LOOK],
      ]),
    ),
  );

const LOOK: Program = [
  ['lstat', 'd/f'],
  ['lstat', 'd/s'],
  ['changed', 'd/f'],
  ['changed', 'd/s'],
];

/** 32-bit ids, where -1 changes nothing. */
const IDS = [
  [-1, -1],
  [1000, -1],
  [2000, -1],
  [-1, 100],
  [-1, 50],
  [-1, 300],
  [1000, 50],
  [2000, 300],
] as const;

describe('chmod, chown, writing and truncating', () => {
  likeTheKernel({
    ...byEverybody('chmod', [
      ['chmod', 'd/f', 0o6711],
      ['chmod', 'd/s', 0o7711],
    ]),
    ...Object.fromEntries(
      IDS.flatMap(([uid, gid]) =>
        Object.entries(
          byEverybody(`chown ${uid}:${gid}`, [
            ['chown', 'd/f', uid, gid],
            ['chown', 'd/s', uid, gid],
          ]),
        ),
      ),
    ),
    ...byEverybody('write', [
      ['open', 'a', 'd/f', 'read-write', [], 0],
      ['write', 'a', 0],
      ['fstat', 'a'],
      ['write', 'a', 1],
    ]),
    ...byEverybody('truncate', [['truncate', 'd/f', 7]]),
    ...byEverybody('O_TRUNC', [['open', 'a', 'd/f', 'write', ['truncate'], 0]]),
    ...byEverybody('ftruncate', [
      ['open', 'a', 'd/f', 'write', [], 0],
      ['ftruncate', 'a', 0],
    ]),
  });
});

describe('utimens', () => {
  const times = [
    ['now', 'now'],
    ['now', 'omit'],
    ['omit', 'omit'],
    [[5, 7], 'now'],
    [
      [5, 7],
      [6, 8],
    ],
    [[5, 1_000_000_000], 'omit'],
  ] as const;
  likeTheKernel(
    Object.fromEntries(
      times.flatMap(([atime, mtime]) =>
        [0o644, 0o666, 0o020].flatMap((mode) =>
          CALLERS.map((caller) => [
            `${JSON.stringify([atime, mtime])} ${mode.toString(8)} by ${caller[1]}`,
            [...tree(mode), ['mark', 'd/f', 'd/s'], caller, ['utimens', 'd/f', atime, mtime], ROOT, ...LOOK],
          ]),
        ),
      ),
    ),
  );
});

describe('times at the edges', () => {
  const seconds = [
    -(2 ** 31) - 1,
    -(2 ** 31),
    -1,
    0,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32,
    2 ** 33 + 2 ** 31,
    2 ** 34,
    15032385535,
    15032385536,
  ];
  likeTheKernel({
    'of inodes of 256 bytes': [
      ...tree(0o644),
      ...seconds.flatMap((each): Program => [
        ['utimens', 'd/f', [each, 999_999_999], [each, 1]],
        ['times', 'd/f'],
      ]),
    ],
  });
});

describe('a sticky directory', () => {
  const sticky = (mode: number): Program => [
    ['mkdir', 'tmp', 0o700],
    ['chown', 'tmp', 1000, 100],
    ['chmod', 'tmp', mode],
    ...['own', 'of-owner', 'of-root'].flatMap((name, index): Program => [
      ['mknod', `tmp/${name}`, 'file', 0o666, 0, 0],
      ['chown', `tmp/${name}`, [3000, 1000, 0][index] ?? 0, 0],
      ['mkdir', `tmp/d-${name}`, 0o777],
      ['chown', `tmp/d-${name}`, [3000, 1000, 0][index] ?? 0, 0],
    ]),
    ['mkdir', 'out', 0o777],
  ];
  const attempts: Program = [
    ['unlink', 'tmp/own'],
    ['unlink', 'tmp/of-owner'],
    ['unlink', 'tmp/of-root'],
    ['unlink', 'tmp/d-of-root'],
    ['rmdir', 'tmp/own'],
    ['rmdir', 'tmp/of-root'],
    ['rmdir', 'tmp/d-own'],
    ['rmdir', 'tmp/d-of-owner'],
    ['rename', 'tmp/d-of-root', 'out/x', []],
    ['rename', 'tmp/of-root', 'out/y', []],
    ['mknod', 'out/mine', 'file', 0o600, 0, 0],
    ['rename', 'out/mine', 'tmp/of-root', []],
    ['rename', 'out/mine', 'tmp/of-owner', ['exchange']],
    ['rename', 'out/mine', 'tmp/new', ['noreplace']],
    ['rename', 'tmp/new', 'out/mine', ['whiteout']],
    ['lstat', 'tmp/new'],
    ['link', 'out/mine', 'tmp/linked'],
    ['link', 'tmp/of-root', 'out/linked'],
  ];
  likeTheKernel(
    Object.fromEntries(
      [0o1777, 0o777, 0o1755, 0o755, 0o733, 0o666].flatMap((mode) =>
        CALLERS.map((caller) => [
          `${mode.toString(8)} by ${caller[1]}`,
          [...sticky(mode), caller, ...attempts],
        ]),
      ),
    ),
  );
});

describe('a directory that moves is written to', () => {
  likeTheKernel(
    Object.fromEntries(
      [OWNER, STRANGER, ROOT].map((caller) => [
        `by ${caller[1]}`,
        [
          ['mkdir', 'a', 0o777],
          ['mkdir', 'b', 0o777],
          ['mkdir', 'a/x', 0o755],
          ['mkdir', 'b/y', 0o777],
          ['mknod', 'b/f', 'file', 0o600, 0, 0],
          caller,
          ['rename', 'a/x', 'b/x', []],
          ['rename', 'a/x', 'a/z', []],
          ['rename', 'b/y', 'a/y', []],
          ['rename', 'a/z', 'b/f', ['exchange']],
          ['rename', 'b/f', 'a/z', ['exchange']],
          ['readdir', 'a'],
          ['readdir', 'b'],
        ],
      ]),
    ),
  );
});

describe('searching', () => {
  likeTheKernel(
    Object.fromEntries(
      [0o755, 0o711, 0o744, 0o700, 0o070, 0o010, 0o007, 0o001].map((mode) => [
        mode.toString(8),
        [
          ['mkdir', 'd', 0o777],
          ['mkdir', 'd/e', 0o777],
          ['mknod', 'd/e/f', 'file', 0o666, 0, 0],
          ['symlink', 'e/f', 'd/link'],
          ['chown', 'd', 1000, 100],
          ['chmod', 'd', mode],
          ...CALLERS.flatMap((caller): Program => [
            caller,
            ['lstat', 'd'],
            ['lstat', 'd/.'],
            ['lstat', 'd/..'],
            ['lstat', 'd/e/f'],
            ['stat', 'd/link'],
            ['readlink', 'd/link'],
            ['lstat', 'd/nothing'],
            ['lstat', `d/${'n'.repeat(256)}`],
            ['readdir', 'd'],
            ['mkdir', 'd/new', 0o700],
            ['rmdir', 'd/new'],
            ['open', 'x', 'd/e/../e/f', 'read', [], 0],
          ]),
        ],
      ]),
    ),
  );
});
