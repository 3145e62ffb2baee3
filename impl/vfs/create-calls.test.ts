import { expect, test, describe } from 'vitest';
import { debugfs, e2fsck } from './disk-image.fixture.ts';
import type { Program } from './real-kernel/call.fixture.ts';
import { likeTheKernel } from './real-kernel/compare.fixture.ts';
import { newDisk, outcome, testMount } from './test-mount.fixture.ts';

const TYPES = ['file', 'fifo', 'socket', 'character-device', 'block-device'] as const;

const USER = ['caller', 1000, 100, []] as const;

describe('mknod', () => {
  likeTheKernel({
    'every type, by root and by a user': [
      ['mkdir', 'all', 0o777],
      ...[['caller', 0, 0, []] as const, USER].flatMap((caller, round): Program => [
        caller,
        ...TYPES.flatMap((type): Program => [
          ['mknod', `all/${type}-${round}`, type, 0o4640, 8, 1],
          ['lstat', `all/${type}-${round}`],
          ['mknod', `all/${type}-${round}`, type, 0o640, 8, 1],
          ['mknod', `all/white-${type}-${round}`, type, 0o640, 0, 0],
          ['mknod', `all/new-${type}/`, type, 0o640, 0, 0],
          ['mknod', type, type, 0o640, 0, 0],
        ]),
      ]),
      ['readdir', 'all'],
      ['open', 'a', 'all/socket-1', 'read', [], 0],
      ['open', 'a', 'all/socket-0', 'read', [], 0],
      ['truncate', 'all/fifo-1', 0],
      ['chmod', 'all/fifo-1', 0o600],
      ['link', 'all/socket-1', 'all/hard'],
      ['lstat', 'all/hard'],
      ['unlink', 'all/hard'],
      ['rename', 'all/fifo-1', 'all/socket-1', ['exchange']],
      ['lstat', 'all/socket-1'],
    ],
    'device numbers of both encodings': [
      ...[
        [0, 1],
        [1, 0],
        [255, 255],
        [255, 256],
        [256, 0],
        [4095, 1_048_575],
        [8, 0x12345],
      ].flatMap(([major = 0, minor = 0]): Program => [
        ['mknod', `c${major}-${minor}`, 'character-device', 0o600, major, minor],
        ['lstat', `c${major}-${minor}`],
        ['mknod', `b${major}-${minor}`, 'block-device', 0o600, major, minor],
        ['lstat', `b${major}-${minor}`],
      ]),
    ],
    'what a directory hands down': [
      ['mkdir', 'g', 0o2777],
      ['chown', 'g', 1, 50],
      USER,
      ['mkdir', 'g/sub', 0o7777],
      ['lstat', 'g/sub'],
      ['mkdir', 'g/sub/sub', 0o700],
      ['lstat', 'g/sub/sub'],
      ['symlink', 'x', 'g/link'],
      ['lstat', 'g/link'],
      ['mknod', 'g/pipe', 'fifo', 0o6777, 0, 0],
      ['lstat', 'g/pipe'],
      ['mkdir', 'no', 0o700],
      ['symlink', 'x', 'no'],
    ],
  });
});

test.each([
  [8, 1, '08, 01'],
  [255, 255, '255, 255'],
])('debugfs reads device %i:%i', async (major, minor) => {
  const disk = newDisk();
  const fs = testMount(disk);
  fs.mknod('d', 'block-device', 0o600, { major, minor });
  fs.unmount();
  expect(await debugfs(disk, 'stat d')).toMatch(new RegExp(`major/minor.* ${pad(major)}:${pad(minor)} `));
  expect(await e2fsck(disk)).toBe('clean');
});

const pad = (part: number): string => `${part}`.padStart(2, '0');

test('a number is refused that no device can have', () => {
  const fs = testMount();
  expect(outcome(() => fs.mknod('d', 'block-device', 0o600, { major: 4096, minor: 0 }))).toBe('EINVAL');
  expect(outcome(() => fs.mknod('d', 'block-device', 0o600, { major: 0, minor: 2 ** 20 }))).toBe('EINVAL');
  fs.unmount();
});

describe('limits of names and targets', () => {
  likeTheKernel({
    'symbolic links of every length that matters': [
      ...[1, 59, 60, 61, 1022, 1023, 1024, 4094, 4095, 4096].flatMap((length): Program => [
        ['symlink', 't'.repeat(length), `l${length}`],
        ['lstat', `l${length}`],
        ['readlink', `l${length}`],
        ['stat', `l${length}`],
      ]),
      ['symlink', '', 'empty'],
    ],
    names: [
      ['mkdir', 'n'.repeat(255), 0o700],
      ['mkdir', 'n'.repeat(256), 0o700],
      ['mkdir', 'ü'.repeat(127), 0o700],
      ['mkdir', 'ü'.repeat(128), 0o700],
      ['stat', `${'./'.repeat(2040)}.`],
      ['link', 'x'.repeat(4095), 'y'],
    ],
  });
});
