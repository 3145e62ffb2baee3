import { mkdir, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { debugfs, e2fsck, mke2fs, withIndexedDirectories } from './disk-image.fixture.ts';
import type { FileSystem } from './file-system.ts';
import { newDisk, outcome, putFile, testMount } from './test-mount.fixture.ts';
import {
  applyChange,
  change,
  describeFileSystem,
  describeTree,
  newTree,
  runChange,
} from './tiny-tree.fixture.ts';

const BLOCK_SIZES = [1024, 4096] as const;

const names = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `name-${`${index}`.padStart(index % 40, '0')}`);

const listed = (fs: FileSystem, path: string): string[] => fs.readdir(path).map(({ name }) => name);

describe.each(BLOCK_SIZES)('blocks of %i bytes', (blockSize) => {
  test('random changes do what POSIX says, survive a new mount, and leave nothing for e2fsck', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 120 }), async (changes) => {
        const disk = newDisk(blockSize);
        const tree = newTree();
        const fs = testMount(disk);
        for (const step of changes)
          expect([step, runChange(fs, step)]).toEqual([step, applyChange(tree, step)]);
        expect(describeFileSystem(fs)).toEqual(describeTree(tree));
        fs.unmount();
        expect(await e2fsck(disk)).toBe('clean');
        const again = testMount(disk);
        expect(describeFileSystem(again)).toEqual(describeTree(tree));
        again.unmount();
      }),
      { numRuns: 15 },
    );
  });

  test('debugfs sees the names that were made', async () => {
    const disk = newDisk(blockSize);
    const fs = testMount(disk);
    fs.mkdir('dir');
    for (const name of names(100)) putFile(fs, `dir/${name}`);
    for (const name of names(50)) fs.unlink(`dir/${name}`);
    fs.unmount();
    const seen = (await debugfs(disk, 'ls -p /dir'))
      .split('\n')
      .map((line) => line.split('/')[5] ?? '')
      .filter((name) => name.startsWith('name'));
    expect(seen.sort()).toEqual(names(100).slice(50).sort());
    expect(await e2fsck(disk)).toBe('clean');
  });

  const fill = async (folder: string): Promise<void> => {
    await mkdir(`${folder}/many`);
    for (const name of names(500)) await writeFile(`${folder}/many/${name}`, '');
  };

  test('a directory that mke2fs made reads back, 500 names', async () => {
    const fs = testMount(await mke2fs(blockSize, 16 * 2 ** 20, fill));
    expect(listed(fs, 'many').sort()).toEqual(names(500).sort());
    for (const name of names(500)) expect(fs.stat(`many/${name}`).type).toBe('file');
    fs.unmount();
  });

  test.each([[[]], [['-O', '^metadata_csum']]])(
    'an indexed directory is read, loses names, and takes new ones (mke2fs %j)',
    async (features) => {
      const disk = await withIndexedDirectories(await mke2fs(blockSize, 16 * 2 ** 20, fill, features));
      expect(await debugfs(disk, 'htree_dump /many')).toContain('Root node dump');
      const fs = testMount(disk);
      expect(listed(fs, 'many').sort()).toEqual(names(500).sort());
      for (const name of names(20)) fs.unlink(`many/${name}`);
      fs.rename('many', 'lost+found/moved');
      fs.unmount();
      expect(await e2fsck(disk)).toBe('clean');
      expect(await debugfs(disk, 'htree_dump /lost+found/moved')).toContain('Root node dump');

      const again = testMount(disk);
      expect(again.stat('lost+found/moved/..').ino).toBe(again.stat('lost+found').ino);
      putFile(again, 'lost+found/moved/new');
      expect(listed(again, 'lost+found/moved').sort()).toEqual([...names(500).slice(20), 'new'].sort());
      again.unmount();
      expect(await e2fsck(disk)).toBe('clean');
    },
  );
});

test('a name without room for it leaves nothing behind', async () => {
  const disk = newDisk(1024, 2 ** 21);
  const fs = testMount(disk);
  let made = 0;
  while (outcome(() => fs.mkdir(`d${made}`)) === 'done') made++;
  expect(made).toBeGreaterThan(10);
  const before = fs.statfs();
  expect(outcome(() => fs.mkdir('another'))).toBe('ENOSPC');
  expect(fs.statfs()).toEqual(before);
  expect(listed(fs, '.')).not.toContain('another');
  fs.rmdir('d0');
  expect(outcome(() => fs.mkdir('another'))).toBe('done');
  fs.unmount();
  expect(await e2fsck(disk)).toBe('clean');
});

describe('a directory names 64,998 others', () => {
  // The count is what the limit looks at; making 65,000 directories is for a longer test.
  const full = (features: readonly string[], names: number): FileSystem => {
    const fs = testMount(newDisk(1024, 8 * 2 ** 20, { features }));
    fs.mkdir('dir');
    fs.mkdir('dir/old');
    for (let made = 0; made < names; made++) putFile(fs, `dir/${`${made}`.padStart(40, '.')}`);
    const dir = [...fs.sb.inodes.all()].find(({ ino }) => ino === fs.stat('dir').ino);
    if (dir === undefined) throw new Error('the directory is not in memory');
    dir.links = 65_000;
    return fs;
  };

  test('its links are 1 with the next one, and ever after', () => {
    const fs = full([], 30);
    fs.mkdir('dir/one');
    expect(fs.stat('dir').links).toBe(1);
    fs.mkdir('dir/two');
    fs.rename('dir/two', 'two');
    fs.rename('two', 'dir/three');
    expect(fs.stat('dir').links).toBe(1);
    for (const name of ['old', 'one', 'three']) fs.rmdir(`dir/${name}`);
    expect(fs.stat('dir').links).toBe(1);
    for (const { name } of fs.readdir('dir')) fs.unlink(`dir/${name}`);
    fs.rmdir('dir');
    expect(outcome(() => fs.stat('dir'))).toBe('ENOENT');
  });

  test.each([
    ['without the feature dir_nlink', ['^dir_nlink'], 30],
    ['without the feature dir_index', ['^dir_index'], 30],
    ['in one block, which has no index', [], 0],
  ])('there may be no more %s', (_, features, names) => {
    const fs = full(features, names);
    fs.mkdir('other');
    expect(outcome(() => fs.mkdir('dir/one'))).toBe('EMLINK');
    expect(outcome(() => fs.rename('other', 'dir/one'))).toBe('EMLINK');
    expect(fs.stat('dir').links).toBe(65_000);
    fs.rename('dir/old', 'dir/new');
    fs.rename('other', 'dir/new');
    expect(fs.stat('dir').links).toBe(65_000);
  });
});

test('a crash frees what had lost its last name, and keeps what had not', () => {
  const disk = newDisk();
  const fs = testMount(disk);
  const free = fs.statfs();
  for (const name of ['open', 'replaced', 'moved']) putFile(fs, name, new Uint8Array(3000).fill(1));
  fs.mkdir('dir');
  fs.open('open', { access: 'read' });
  fs.open('replaced', { access: 'read' });
  fs.open('dir', { access: 'read' });
  fs.unlink('open');
  fs.rename('moved', 'replaced');
  fs.rmdir('dir');
  fs.sync();
  const crashed = testMount(disk.snapshot());
  expect(listed(crashed, '.')).toEqual(['lost+found', 'replaced']);
  crashed.unlink('replaced');
  expect(crashed.statfs()).toEqual(free);
});

test('without an index a name takes the room of one that went, so the directory does not grow', () => {
  const fs = testMount(newDisk(1024, 8 * 2 ** 20, { features: ['^dir_index'] }));
  fs.mkdir('dir');
  let made = 0;
  while (fs.stat('dir').size === 1024) putFile(fs, `dir/${`${made++}`.padStart(40, '.')}`);
  const first = '0'.padStart(40, '.');
  // The new block takes all names but the longest from now on; the first block remembers that it is full.
  while (fs.stat('dir').size === 2048) putFile(fs, `dir/${`${made++}`.padStart(40, '.')}`);
  fs.unlink(`dir/${first}`);
  putFile(fs, `dir/${'x'.repeat(40)}`);
  expect(listed(fs, 'dir')[0]).toBe('x'.repeat(40));
  fs.unmount();
});

test('a removed file lives until it is closed, a removed directory while it is open', async () => {
  const disk = newDisk();
  const fs = testMount(disk);
  const free = fs.statfs();
  fs.mkdir('dir');
  const fd = fs.open('dir/file', { access: 'read-write', create: true });
  fs.write(fd, new Uint8Array(5000).fill(1));
  fs.unlink('dir/file');
  const dirFd = fs.open('dir', { access: 'read', directory: true });
  fs.rmdir('dir');
  expect(fs.fstat(fd)).toMatchObject({ links: 0, size: 5000 });
  expect(fs.fstat(dirFd)).toMatchObject({ links: 0, size: 0 });
  expect(fs.pread(fd, new Uint8Array(100), 4950)).toBe(50);
  expect(outcome(() => fs.unmount())).toBe('EBUSY');
  fs.closeAll();
  expect(fs.statfs()).toEqual(free);
  fs.unmount();
  expect(await e2fsck(disk)).toBe('clean');
});
