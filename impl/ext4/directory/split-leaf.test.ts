import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { MemoryDisk } from '../../block/memory-disk.ts';
import { debugfs, e2fsck, loadImage, withImage } from '../../vfs/disk-image.fixture.ts';
import { kernelTest, withKernelMount } from '../../vfs/kernel-mount.fixture.ts';
import { newDisk, outcome, putFile, testMount } from '../../vfs/test-mount.fixture.ts';

/** Names of 250 bytes with one legacy hash, found by search; three fill a leaf of 1024 bytes. */
const SAME_HASH = [
  '000000',
  '0LFN0A',
  '5JSgga',
  '5NUiZ8',
  '8bGWg4',
  'cpR6p1',
  'dJtdf+',
  'ldY6uZ',
  'lXN3k@',
].map((end) => end.padStart(250, 'x'));

const OTHERS = Array.from({ length: 60 }, (_, id) => `${id}`.padEnd(200, 'o'));

/** An image that hashes names as the first indexed directories did. */
async function withLegacyHash(): Promise<MemoryDisk> {
  return await withImage(newDisk(), async (image) => {
    await execa('tune2fs', ['-E', 'hash_alg=legacy', image]);
    return await loadImage(image);
  });
}

/** Names of one hash go to so many leaves as they need, and others before, between and after them. */
async function made(): Promise<MemoryDisk> {
  const disk = await withLegacyHash();
  const fs = testMount(disk);
  putFile(fs, 'file');
  fs.mkdir('dir');
  OTHERS.forEach((name, index) => {
    fs.link('file', `dir/${name}`);
    const same = SAME_HASH[index / 5];
    if (same !== undefined) fs.link('file', `dir/${same}`);
  });
  fs.unmount();
  return disk;
}

const ALL = [...SAME_HASH, ...OTHERS].sort();

test('debugfs gives the names one hash', async () => {
  const tree = await debugfs(await made(), 'htree_dump /dir');
  const told = [...tree.matchAll(/(0x\w{8})-0{8} \(\d+\) (x+\S{6}) /g)];
  expect(told.map(([, hash]) => hash)).toEqual(SAME_HASH.map(() => '0xb62512fe'));
});

test('names of one hash spread over several leaves, and are all found, read and removed', async () => {
  const disk = await made();
  expect(await e2fsck(disk)).toBe('clean');
  // An odd hash: the one before it goes on here.
  expect((await debugfs(disk, 'htree_dump /dir')).match(/Hash 0xb62512ff/g)?.length).toBeGreaterThan(2);
  const fs = testMount(disk);
  for (const name of ALL) expect(fs.stat(`dir/${name}`).type).toBe('file');
  const fd = fs.opendir('dir');
  const seen: string[] = [];
  for (let entries = fs.getdents(fd, 2); entries.length > 0; entries = fs.getdents(fd, 2))
    seen.push(...entries.map(({ name }) => name));
  fs.close(fd);
  expect(seen.slice(2).sort()).toEqual(ALL);
  for (const name of SAME_HASH.slice(0, 5)) fs.unlink(`dir/${name}`);
  for (const [index, name] of SAME_HASH.entries())
    expect(outcome(() => fs.stat(`dir/${name}`))).toBe(index < 5 ? 'ENOENT' : 'done');
  fs.unmount();
  expect(await e2fsck(disk)).toBe('clean');
});

kernelTest('the kernel finds names of one hash where we put them', async () => {
  await withImage(await made(), async (image) => {
    await withKernelMount(image, (root) => {
      for (const name of ALL) statSync(join(root, 'dir', name));
      expect(readdirSync(join(root, 'dir')).sort()).toEqual(ALL);
    });
  });
});
