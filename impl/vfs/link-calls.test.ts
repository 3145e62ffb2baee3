import { describe, expect, test } from 'vitest';
import { e2fsck } from './disk-image.fixture.ts';
import type { Program } from './real-kernel/call.fixture.ts';
import { likeTheKernel } from './real-kernel/compare.fixture.ts';
import { newDisk, outcome, putFile, testMount } from './test-mount.fixture.ts';

/** EXT4_LINK_MAX; link(2): EMLINK. */
const LINKS_MAX = 65_000;

test('a file has 65,000 names at most', async () => {
  const disk = newDisk(4096, 64 << 20);
  const fs = testMount(disk);
  putFile(fs, 'f');
  fs.mkdir('d');
  for (let links = 1; links < LINKS_MAX; links++) fs.link('f', `d/${links}`);
  expect(fs.stat('f').links).toBe(LINKS_MAX);
  expect(outcome(() => fs.link('f', 'one-more'))).toBe('EMLINK');
  const fd = fs.open('f', { access: 'read' });
  expect(outcome(() => fs.linkHandle(fd, 'one-more'))).toBe('EMLINK');
  fs.close(fd);
  fs.unlink('d/1');
  expect(outcome(() => fs.link('f', 'one-more'))).toBe('done');
  fs.unmount();
  expect(await e2fsck(disk)).toBe('clean');
}, 60_000);

const CALLERS = [
  ['caller', 1000, 100, []],
  ['caller', 2000, 100, []],
  ['caller', 3000, 300, []],
  ['caller', 0, 0, []],
] as const;

describe('who may link what of others, as fs.protected_hardlinks of this machine says', () => {
  likeTheKernel(
    Object.fromEntries(
      [0o666, 0o664, 0o644, 0o4666, 0o2666, 0o2676, 0o000].map((mode) => [
        mode.toString(8),
        [
          ['mkdir', 'd', 0o777],
          ...(['file', 'fifo', 'socket', 'character-device'] as const).flatMap((type): Program => [
            ['mknod', `d/${type}`, type, 0o600, 0, 0],
            ['chown', `d/${type}`, 1000, 100],
            ['chmod', `d/${type}`, mode],
            ...CALLERS.flatMap((caller): Program => [
              caller,
              ['link', `d/${type}`, `d/${type}-${caller[1]}`],
              ['link', `d/${type}`, `d/${type}`],
            ]),
          ]),
          ['symlink', 'file', 'd/way'],
          CALLERS[2],
          ['link', 'd/way', 'd/way2'],
        ],
      ]),
    ),
  );
});

test.each([
  [false, 'done'],
  [true, 'EPERM'],
])(
  'protected_hardlinks %s: a stranger links a file that runs as its owner: %s',
  (protectedHardlinks, answer) => {
    const fs = testMount(newDisk(), { protectedHardlinks });
    fs.mkdir('d', 0o777);
    putFile(fs, 'd/f');
    fs.chmod('d/f', 0o4666);
    fs.setCredentials(1000, 100);
    expect(outcome(() => fs.link('d/f', 'd/g'))).toBe(answer);
    fs.unmount();
  },
);
