import { execaSync } from 'execa';
import { copyFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MountRefused } from '../../lib/corruption.ts';
import { RecordingDisk } from '../../jbd2/test-disk.ts';
import type { FileSystem } from '../../vfs/file-system.ts';
import { mount } from '../../vfs/mount.ts';
import { e2fsck, inDirectory, load, save } from '../e2fsprogs.fixture.ts';
import { logOf } from '../extents/real-mount.fixture.ts';
import { needsKernel, withKernelMount } from '../kernel.fixture.ts';
import { newDisk } from '../test-mount.fixture.ts';
import { kernelTree, ourTree } from './power-cut.fixture.ts';

const TIME = { seconds: 1_700_001_000, nanoseconds: 0 };
const LATER = { seconds: 1_700_002_000, nanoseconds: 0 };

/** Opens or makes a file, writes there, and leaves it open. */
function put(fs: FileSystem, path: string, length: number, at = 0): number {
  const fd = fs.open(path, { access: 'read-write', create: true });
  fs.pwrite(
    fd,
    Uint8Array.from({ length }, (_, index) => ((index + at) * 7) % 251),
    at,
  );
  return fd;
}

function putSynced(fs: FileSystem, path: string, length: number, at = 0): void {
  const fd = put(fs, path, length, at);
  fs.fsync(fd);
  fs.close(fd);
}

interface Case {
  readonly name: string;
  before(fs: FileSystem): void;
  /** Ends with an fsync that makes all of it durable. */
  after(fs: FileSystem): void;
  /** Fast commits that it takes; the others are full ones. */
  readonly written: number;
}

const nothing = (): void => undefined;

const CASES: readonly Case[] = [
  {
    name: 'files are made, written and extended',
    before: nothing,
    after(fs) {
      putSynced(fs, '/a', 3000);
      putSynced(fs, '/b', 70_000);
      putSynced(fs, '/a', 5000, 2500);
    },
    written: 3,
  },
  {
    name: 'a file is cut and grows again, with holes',
    before: (fs) => fs.close(put(fs, '/a', 50_000)),
    after(fs) {
      fs.truncate('/a', 1500);
      putSynced(fs, '/a', 3000, 30_000);
      fs.truncate('/a', 31_000);
      putSynced(fs, '/a', 1, 30_999);
    },
    written: 2,
  },
  {
    name: 'a file of many extents needs several blocks',
    before: nothing,
    after(fs) {
      const fd = put(fs, '/a', 0);
      for (let index = 0; index < 90; index++)
        fs.pwrite(fd, new Uint8Array(1024).fill(index + 1), index * 3072);
      fs.fsync(fd);
      fs.ftruncate(fd, 40_000);
      fs.fsync(fd);
      fs.close(fd);
    },
    written: 2,
  },
  {
    name: 'names come, go and move',
    before(fs) {
      fs.mkdir('/d');
      fs.close(put(fs, '/a', 5000));
      fs.close(put(fs, '/c', 100));
    },
    after(fs) {
      fs.link('/a', '/d/l');
      fs.rename('/c', '/d/c');
      fs.unlink('/a');
      putSynced(fs, '/d/l', 10);
      fs.rename('/d/c', '/e');
      putSynced(fs, '/e', 10);
    },
    written: 2,
  },
  {
    name: 'attributes of files change',
    before: (fs) => fs.close(put(fs, '/a', 3000)),
    after(fs) {
      fs.chmod('/a', 0o600);
      fs.chown('/a', 5, 6);
      const fd = fs.open('/a', { access: 'read' });
      fs.fsync(fd);
      fs.close(fd);
    },
    written: 1,
  },
  {
    name: 'a file that is made and deleted before anybody asks is not told of',
    before: nothing,
    after(fs) {
      fs.close(put(fs, '/t', 3000));
      fs.rename('/t', '/u');
      fs.unlink('/u');
      putSynced(fs, '/a', 3000);
    },
    written: 1,
  },
  {
    name: 'an unnamed file gets a name',
    before: nothing,
    after(fs) {
      const fd = fs.open('/', { access: 'read-write', tmpfile: true });
      fs.write(fd, new Uint8Array(3000).fill(8));
      putSynced(fs, '/a', 10);
      fs.linkHandle(fd, '/named');
      fs.fsync(fd);
      fs.close(fd);
    },
    written: 2,
  },
  {
    name: 'what Linux or e2fsck cannot restore takes a full commit',
    before(fs) {
      fs.close(put(fs, '/a', 3000));
      fs.close(put(fs, '/b', 3000));
    },
    after(fs) {
      fs.rename('/a', '/b');
      putSynced(fs, '/x', 1);
      fs.mkdir('/d');
      putSynced(fs, '/x', 2);
      fs.symlink('target', '/s');
      putSynced(fs, '/x', 3);
      fs.chmod('/d', 0o700);
      putSynced(fs, '/x', 4);
      fs.setxattr('/x', 'user.n', new Uint8Array(5));
      putSynced(fs, '/x', 5);
      fs.rmdir('/d');
      putSynced(fs, '/x', 6);
    },
    written: 0,
  },
];

test.for(CASES.map((one, index) => ({ ...one, bufferedIomap: index % 2 === 1 })))(
  '$name (iomap $bufferedIomap): what was fsynced is there for us, for the kernel and for e2fsck',
  async (one, context) => {
    needsKernel(context);
    await inDirectory(async (path) => {
      const disk = new RecordingDisk(newDisk({ features: ['fast_commit'] }));
      const fs = mount(disk, { now: TIME, bufferedIomap: one.bufferedIomap });
      // A fast commit is possible once there was a full one.
      fs.mkdir('/made');
      one.before(fs);
      fs.sync();
      fs.now = LATER;
      one.after(fs);
      expect(fs.sb.fastCommits?.written).toBe(one.written);
      const tree = ourTree(fs);
      // Only what a flush or FUA covers has arrived.
      const cut = disk.cut(disk.writes.length + 1, () => false);
      save(cut, path('cut'));
      const again = mount(cut, { now: TIME });
      expect(ourTree(again)).toEqual(tree);
      again.unmount();
      expect(await e2fsck(cut)).toMatchObject({ clean: true });

      copyFileSync(path('cut'), path('kernel'));
      expect(withKernelMount(path('kernel'), [], ({ directory }) => kernelTree(directory))).toEqual(tree);
      expect(await e2fsck(load(path('kernel')))).toMatchObject({ clean: true });

      execaSync('e2fsck', ['-fy', path('cut')], { reject: false });
      const mended = load(path('cut'));
      expect(await e2fsck(mended)).toMatchObject({ clean: true });
      const checked = mount(mended, { now: TIME });
      expect(ourTree(checked)).toEqual(tree);
      checked.unmount();
    });
  },
);

test('a fast commit that cannot be written gives way to a full one', () => {
  const disk = new RecordingDisk(newDisk({ features: ['fast_commit'] }));
  const fs = mount(disk, { now: TIME });
  fs.mkdir('/made');
  fs.sync();
  const { area } = logOf(fs.sb).state;
  const first = area.deviceBlock(area.end + 1) * (fs.sb.geometry.blockSize / 512);
  disk.failing = (sector) => sector === first;
  putSynced(fs, '/a', 3000);
  expect(fs.sb.fastCommits?.written).toBe(0);
  expect(fs.sb.fastCommits?.tracker.reasons.get('write failed')).toBe(1);
  const again = mount(
    disk.cut(disk.writes.length + 1, () => false),
    { now: TIME },
  );
  expect(ourTree(again)).toEqual(ourTree(fs));
});

test('when the area is full, a full commit empties it', () => {
  const disk = newDisk({ features: ['fast_commit'] });
  const fs = mount(disk, { now: TIME });
  fs.mkdir('/made');
  fs.sync();
  const { free } = logOf(fs.sb).fastCommits;
  // mke2fs gives a journal of 1,024 blocks 16 more; the kernel leaves the first of them out.
  expect(free).toBe(15);
  for (let index = 0; index < 40; index++) putSynced(fs, `/f${index}`, 10);
  expect(fs.sb.fastCommits?.written).toBe(38);
  expect(ourTree(mount(disk.snapshot(), { now: TIME }))).toEqual(ourTree(fs));
});

test('a journal that is too short for fast commits is refused, as by the kernel', async (context) => {
  needsKernel(context);
  await inDirectory((path) => {
    execaSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-J', 'size=1', path('image'), '16M']);
    execaSync('tune2fs', ['-O', 'fast_commit', path('image')]);
    expect(() => mount(load(path('image')), { now: TIME })).toThrow(MountRefused);
    expect(() => withKernelMount(path('image'), [], () => undefined)).toThrow(/wrong fs type|failed/);
    mount(load(path('image')), { now: TIME, readOnly: true }).unmount();
    return Promise.resolve();
  });
});
