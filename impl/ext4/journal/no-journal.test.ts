import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { MemoryDisk } from '../../block/memory-disk.ts';
import { mount } from '../../vfs/mount.ts';
import type { FileSystem } from '../../vfs/file-system.ts';
import { debugfs, e2fsck, inDirectory, load, save } from '../e2fsprogs.fixture.ts';
import { needsKernel, withKernelMount } from '../kernel.fixture.ts';
import { newDisk } from '../test-mount.fixture.ts';

const unjournaled = (): MemoryDisk => newDisk({ features: ['^has_journal'] });
const TIME = { seconds: 1_700_001_000, nanoseconds: 0 };

/** Files that grow and shrink, directories, links, and things that go again. */
function work(fs: FileSystem): void {
  for (let index = 0; index < 30; index++) {
    fs.mkdir(`/d${index}`);
    const fd = fs.open(`/d${index}/file`, { access: 'read-write', create: true });
    fs.write(fd, new Uint8Array(7000 + 500 * index).fill(index + 1));
    if (index % 3 === 0) fs.ftruncate(fd, 100 * index);
    fs.close(fd);
    if (index % 4 === 1) fs.rename(`/d${index}/file`, `/moved${index}`);
    else if (index % 5 === 2) {
      fs.unlink(`/d${index}/file`);
      fs.rmdir(`/d${index}`);
    }
  }
}

const EXPECTED =
  /^(e2fsck |Pass \d|.*: \d+\/\d+ files|Free (blocks|inodes) count wrong \(|Fix\? no)|was not cleanly unmounted, check/;

/** What e2fsck says, but for the missing unmount and the totals in the superblock, which ext4 writes at unmount only. */
async function complaints(disk: MemoryDisk): Promise<string> {
  const { output } = await e2fsck(disk);
  return output
    .split('\n')
    .filter((line) => line !== '' && !EXPECTED.test(line))
    .join('\n');
}

test.each([false, true])(
  'iomap %s: what was synced is on the disk, and after unmount it is clean',
  async (bufferedIomap) => {
    const disk = unjournaled();
    const fs = mount(disk, { bufferedIomap, now: TIME });
    work(fs);
    const fd = fs.open('/late', { access: 'write', create: true });
    fs.write(fd, new Uint8Array(3000).fill(9));
    fs.fsync(fd);
    const afterFsync = disk.snapshot();
    fs.close(fd);
    fs.sync();
    const image = disk.snapshot();
    await inDirectory(async (path) => {
      save(image, path('image'));
      expect(await debugfs(path('image'), 'show_super_stats -h')).toMatch(/Filesystem state: +not clean/);
      save(afterFsync, path('fsynced'));
      expect(await debugfs(path('fsynced'), 'stat /late')).toMatch(/Size: 3000\b/);
      expect(await debugfs(path('fsynced'), 'cat /late')).toBe('\t'.repeat(3000));
    });
    expect(await complaints(image)).toBe('');
    fs.unmount();
    const { clean, output } = await e2fsck(disk);
    expect(clean, output).toBe(true);
    const again = mount(disk, { now: TIME });
    expect(again.notices).toEqual([]);
    expect(again.stat('/moved1').size).toBe(7500);
    again.unmount();
  },
);

test('a crash is noticed at the next mount', () => {
  const disk = unjournaled();
  const fs = mount(disk, { now: TIME });
  fs.mkdir('/d');
  fs.sync();
  const crashed = disk.snapshot();
  const again = mount(crashed, { now: TIME });
  expect(again.notices).toEqual(['mounting unchecked fs, running e2fsck is recommended']);
  again.unmount();
});

test('an unlinked open file is freed when it is closed, and is no orphan on disk, as in the kernel', async () => {
  const disk = unjournaled();
  const fs = mount(disk, { now: TIME });
  const before = fs.statfs();
  const fd = fs.open('/f', { access: 'write', create: true });
  fs.write(fd, new Uint8Array(50_000));
  fs.fsync(fd);
  fs.unlink('/f');
  fs.sync();
  expect(fs.sb.raw.lastOrphan).toBe(0);
  fs.close(fd);
  expect(fs.statfs()).toEqual(before);
  fs.unmount();
  expect((await e2fsck(disk)).clean).toBe(true);
});

test('the real kernel and we read each other', async (context) => {
  needsKernel(context);
  await inDirectory((path) => {
    const disk = unjournaled();
    const fs = mount(disk, { now: TIME });
    work(fs);
    fs.unmount();
    save(disk, path('image'));
    withKernelMount(path('image'), [], ({ directory }) => {
      expect(readFileSync(join(directory, 'moved1'))).toEqual(Buffer.alloc(7500, 2));
      expect(readFileSync(join(directory, 'd3/file')).length).toBe(300);
    });
    const theirs = mount(load(path('image')), { now: TIME });
    expect(theirs.stat('/moved1').size).toBe(7500);
    theirs.unmount();
    return Promise.resolve();
  });
});
