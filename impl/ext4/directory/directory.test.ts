import { linkSync, readdirSync, statSync, unlinkSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { debugfs, e2fsck, loadImage, withImage } from '../../vfs/disk-image.fixture.ts';
import { kernelTest, withKernelMount } from '../../vfs/kernel-mount.fixture.ts';
import { newDisk, outcome, putFile, testMount } from '../../vfs/test-mount.fixture.ts';

const MIB = 2 ** 20;

/** TWINPATH_THOROUGH=1 makes the directories as large as they get. */
const THOROUGH = process.env['TWINPATH_THOROUGH'] !== undefined;
const NAMES = THOROUGH ? 40_000 : 2_000;

const nameOf = (id: number): string => `${id}`.padEnd((id * 31) % 40, '~');
const ids = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

describe.each([1024, 4096] as const)('blocks of %i bytes', (blockSize) => {
  kernelTest('a directory goes from the kernel to us and back, and each adds and removes names', async () => {
    await withImage(newDisk(blockSize, 64 * MIB), async (image) => {
      await withKernelMount(image, (root) => {
        mkdirSync(join(root, 'dir'));
        writeFileSync(join(root, 'file'), '');
        for (const id of ids(0, NAMES)) linkSync(join(root, 'file'), join(root, 'dir', nameOf(id)));
        for (const id of ids(0, NAMES / 4)) unlinkSync(join(root, 'dir', nameOf(id)));
      });
      const disk = await loadImage(image);
      const fs = testMount(disk);
      const names = (from: number, to: number): string[] => ids(from, to).map(nameOf).sort();
      const ours = (): string[] =>
        fs
          .readdir('dir')
          .map(({ name }) => name)
          .sort();
      expect(ours()).toEqual(names(NAMES / 4, NAMES));
      for (const id of ids(NAMES, NAMES * 1.25)) fs.link('file', `dir/${nameOf(id)}`);
      for (const id of ids(NAMES / 4, NAMES / 2)) fs.unlink(`dir/${nameOf(id)}`);
      expect(outcome(() => fs.link('file', `dir/${nameOf(NAMES - 1)}`))).toBe('EEXIST');
      fs.unmount();
      expect(await e2fsck(disk)).toBe('clean');
      await withImage(disk, async (again) => {
        await withKernelMount(again, (root) => {
          const folder = join(root, 'dir');
          expect(readdirSync(folder).sort()).toEqual(names(NAMES / 2, NAMES * 1.25));
          for (const id of ids(NAMES / 2, NAMES * 1.25)) statSync(join(folder, nameOf(id)));
          for (const id of ids(0, NAMES / 4)) linkSync(join(root, 'file'), join(folder, nameOf(id)));
        });
        expect(await e2fsck(await loadImage(again))).toBe('clean');
      });
    });
  });
});

test.runIf(THOROUGH)(
  '66,000 subdirectories: one link, and what e2fsck and debugfs say',
  async () => {
    const disk = newDisk(1024, 256 * MIB, { inodes: 70_000 });
    const fs = testMount(disk);
    fs.mkdir('dir');
    for (const id of ids(0, 66_000)) {
      fs.mkdir(`dir/${id}`);
      if (id === 64_997) expect(fs.stat('dir').links).toBe(65_000);
      if (id === 64_998) expect(fs.stat('dir').links).toBe(1);
    }
    for (const id of ids(0, 65_900)) fs.rmdir(`dir/${id}`);
    expect(fs.stat('dir').links).toBe(1);
    fs.unmount();
    expect(await e2fsck(disk)).toBe('clean');
    expect(await debugfs(disk, 'stat /dir')).toMatch(/Links: 1 /);
  },
  300_000,
);

test('an index without names is an empty directory', async () => {
  const disk = newDisk(1024, 8 * MIB);
  const fs = testMount(disk);
  putFile(fs, 'file');
  fs.mkdir('dir');
  for (const id of ids(0, 500)) fs.link('file', `dir/${nameOf(id)}`);
  const { blocksFree } = fs.statfs();
  for (const id of ids(0, 500)) {
    expect(id % 100 === 0 ? outcome(() => fs.rmdir('dir')) : 'ENOTEMPTY').toBe('ENOTEMPTY');
    fs.unlink(`dir/${nameOf(id)}`);
  }
  // Leaves that have lost their names stay.
  expect(fs.stat('dir').size).toBeGreaterThan(10_000);
  fs.rmdir('dir');
  fs.sync();
  expect(fs.statfs().blocksFree).toBeGreaterThan(blocksFree + 10);
  fs.unmount();
  expect(await e2fsck(disk)).toBe('clean');
});
