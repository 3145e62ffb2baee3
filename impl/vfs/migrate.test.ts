import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { MemoryDisk } from '../block/memory-disk.ts';
import { debugfs, e2fsck, loadImage, withImage } from './disk-image.fixture.ts';
import type { FileSystem } from './file-system.ts';
import { kernelTest, withKernelMount } from './kernel-mount.fixture.ts';
import type { MountRequest } from './mount.ts';
import { newDisk, outcome, putFile, testMount } from './test-mount.fixture.ts';

const FS_JOURNAL_DATA_FL = 0x4000;
const FS_EXTENT_FL = 0x80000;

const MOUNTS: readonly [string, MountRequest][] = [
  ['buffer_head', {}],
  ['buffer_head, nodelalloc', { delalloc: false }],
  ['iomap', { bufferedIomap: true }],
];

function changeFlags(fs: FileSystem, path: string, flags: (old: number) => number): void {
  const fd = fs.open(path, { access: 'read' });
  try {
    fs.setFlags(fd, flags(fs.getFlags(fd)));
  } finally {
    fs.close(fd);
  }
}

const withoutExtents = (fs: FileSystem, path: string): void =>
  changeFlags(fs, path, (flags) => flags & ~FS_EXTENT_FL);
const withExtents = (fs: FileSystem, path: string): void =>
  changeFlags(fs, path, (flags) => flags | FS_EXTENT_FL);

/** A digest of size, beginning and end: between them a large file here has a hole. */
function contents(fs: FileSystem, path: string): string {
  const fd = fs.open(path, { access: 'read' });
  const { size } = fs.fstat(fd);
  const hash = createHash('sha1');
  for (const start of [0, Math.max(0, size - END_BYTES)]) {
    const bytes = new Uint8Array(END_BYTES);
    hash.update(bytes.subarray(0, fs.pread(fd, bytes, start)));
  }
  fs.close(fd);
  return `${size} bytes ${hash.digest('hex')}`;
}

const END_BYTES = 5 << 20;

/** Blocks here and there, as far as three indirect blocks in a row reach, each with a number of its own. */
function writeScattered(fs: FileSystem, path: string): void {
  const fd = fs.open(path, { access: 'write' });
  for (let index = 0; index < 400; index++) fs.pwrite(fd, block(index), index * 1024 * (1 + (index % 7)));
  for (const far of [11, 12, 267, 268, 269, 65_803, 65_804, 65_805, 68_000]) {
    fs.pwrite(fd, block(far), far * 1024);
  }
  fs.close(fd);
}

const block = (index: number): Uint8Array => new Uint8Array(1024).fill(1 + (index % 255));

/** A disk with a file of indirect blocks, not in one piece. */
function diskWithPointers(): { disk: MemoryDisk; before: string } {
  const disk = newDisk(1024, 24 << 20);
  const fs = testMount(disk);
  putFile(fs, 'f');
  withoutExtents(fs, 'f');
  fs.mkdir('d');
  withoutExtents(fs, 'd');
  for (let index = 0; index < 300; index++) putFile(fs, `d/${'long'.repeat(30)}${index}`);
  writeScattered(fs, 'f');
  const before = contents(fs, 'f');
  fs.unmount();
  return { disk, before };
}

/** Runs of the file's blocks: from logical to physical, and how many. */
async function extentsOf(disk: MemoryDisk, path: string): Promise<string[]> {
  const shown = await debugfs(disk, `dump_extents -l ${path}`);
  return shown
    .split('\n')
    .slice(1)
    .map((line) => line.replace(/^.*?\/ *\d+ +\d+\/ *\d+ +/, ''));
}

describe.each(MOUNTS)('%s', (_, request) => {
  test('from pointers to extents the file stays as it is, in memory and on the disk', async () => {
    const { disk, before } = diskWithPointers();
    const fs = testMount(disk, request);
    const names = fs.readdir('d').length;
    withExtents(fs, 'f');
    withExtents(fs, 'd');
    expect(contents(fs, 'f')).toBe(before);
    const fd = fs.open('f', { access: 'write' });
    fs.pwrite(fd, block(77), 1000 * 1024);
    fs.close(fd);
    const after = contents(fs, 'f');
    expect(after).not.toBe(before);
    putFile(fs, 'd/new');
    fs.unmount();
    expect(await e2fsck(disk)).toBe('clean');
    const again = testMount(disk, request);
    expect(contents(again, 'f')).toBe(after);
    expect(again.readdir('d').length).toBe(names + 1);
    again.unlink('f');
    again.unmount();
    expect(await e2fsck(disk)).toBe('clean');
  });

  test('from extents to pointers and back, with data that was just written', async () => {
    const disk = newDisk(1024, 8 << 20);
    const fs = testMount(disk, request);
    const bytes = new Uint8Array(12 * 1024 - 5).map((_, index) => index % 251);
    putFile(fs, 'f', bytes);
    const before = contents(fs, 'f');
    if (request.bufferedIomap === true) {
      expect(fs.table('f')).toBe('ext4_iomap_aops');
      expect(outcome(() => withoutExtents(fs, 'f'))).toBe('EOPNOTSUPP');
      expect(fs.table('f')).toBe('ext4_iomap_aops');
      expect(contents(fs, 'f')).toBe(before);
      // Whoever reads the inode anew without the option converts it.
      fs.reconfigure({ bufferedIomap: false });
      expect(outcome(() => withoutExtents(fs, 'f'))).toBe('EOPNOTSUPP');
      fs.dropCaches();
    }
    const table = fs.table('f');
    expect(table).not.toBe('ext4_iomap_aops');
    withoutExtents(fs, 'f');
    expect(fs.table('f')).toBe(table);
    expect(contents(fs, 'f')).toBe(before);
    fs.dropCaches();
    expect(contents(fs, 'f')).toBe(before);
    fs.truncate('f', 100_000);
    const fd = fs.open('f', { access: 'write', append: true });
    fs.write(fd, bytes);
    fs.close(fd);
    const grown = contents(fs, 'f');
    withExtents(fs, 'f');
    expect(contents(fs, 'f')).toBe(grown);
    fs.unmount();
    expect(await e2fsck(disk)).toBe('clean');
  });

  test('journalled data: what was written before and after is there, also after a power cut', async () => {
    const disk = newDisk(1024, 8 << 20);
    const fs = testMount(disk, { ...request, delalloc: false });
    const filled = (value: number): Uint8Array => new Uint8Array(20_000).fill(value);
    const [first, second, third] = [filled(1), filled(2), filled(3)];
    const shown = (bytes: Uint8Array): string => {
      const hash = createHash('sha1').update(bytes).update(bytes);
      return `${bytes.length} bytes ${hash.digest('hex')}`;
    };
    putFile(fs, 'f', first);
    changeFlags(fs, 'f', (flags) => flags | FS_JOURNAL_DATA_FL);
    expect(fs.table('f')).toBe('ext4_journalled_aops');
    expect(contents(fs, 'f')).toBe(shown(first));
    // The change itself is durable.
    const cut = testMount(disk.snapshot(), { ...request, delalloc: false });
    expect(cut.table('f')).toBe('ext4_journalled_aops');
    expect(contents(cut, 'f')).toBe(shown(first));
    cut.unmount();
    const fd = fs.open('f', { access: 'write' });
    fs.pwrite(fd, second, 0);
    expect(contents(fs, 'f')).toBe(shown(second));
    changeFlags(fs, 'f', (flags) => flags & ~FS_JOURNAL_DATA_FL);
    expect(fs.table('f')).not.toBe('ext4_journalled_aops');
    expect(contents(fs, 'f')).toBe(shown(second));
    fs.pwrite(fd, third, 0);
    fs.fsync(fd);
    // Old bytes in the log must not come back over what was written past it.
    const after = testMount(disk.snapshot(), request);
    expect(contents(after, 'f')).toBe(shown(third));
    after.unmount();
    // And forth again: nothing old is found in the cache of metadata.
    changeFlags(fs, 'f', (flags) => flags | FS_JOURNAL_DATA_FL);
    fs.dropCaches();
    expect(contents(fs, 'f')).toBe(shown(third));
    fs.close(fd);
    fs.unmount();
    expect(await e2fsck(disk)).toBe('clean');
  });
});

kernelTest('the extents are those that the kernel makes of the same file', async () => {
  const { disk } = diskWithPointers();
  const kernels = await withImage(disk, async (image) => {
    await withKernelMount(image, (root) => execa('chattr', ['+e', `${root}/f`, `${root}/d`]));
    return await loadImage(image);
  });
  const fs = testMount(disk);
  withExtents(fs, 'f');
  withExtents(fs, 'd');
  fs.unmount();
  for (const path of ['f', 'd']) {
    expect(await extentsOf(disk, path)).toEqual(await extentsOf(kernels, path));
    const [ours, theirs] = [disk, kernels].map((each) => testMount(each, { readOnly: true }));
    expect(ours?.stat(path).sectors).toBe(theirs?.stat(path).sectors);
    ours?.unmount();
    theirs?.unmount();
  }
});

test('without room for the tree the file keeps its pointers', async () => {
  const { disk, before } = diskWithPointers();
  const fs = testMount(disk, { delalloc: false });
  const fd = fs.open('fill', { access: 'write', create: true });
  while (outcome(() => fs.write(fd, new Uint8Array(1024))) === 'done');
  fs.close(fd);
  expect(outcome(() => withExtents(fs, 'f'))).toBe('ENOSPC');
  expect(contents(fs, 'f')).toBe(before);
  fs.dropCaches();
  expect(contents(fs, 'f')).toBe(before);
  fs.unmount();
  // It may find the tree of the other file too wide, which it was while it grew.
  expect(await e2fsck(disk)).toMatch(/clean|exit 0/);
  expect(await debugfs(disk, 'stat f')).toMatch(/IND|DIND/);
});
