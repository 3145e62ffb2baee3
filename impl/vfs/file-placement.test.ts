import { describe, expect, test } from 'vitest';
import { e2fsck } from '../ext4/e2fsprogs.fixture.ts';
import { piecesOf } from './file-pieces.fixture.ts';
import { freeBlocks } from '../ext4/layout/group-descriptor.ts';
import type { FileSystem } from './file-system.ts';
import type { MountRequest } from './mount.ts';
import { newDisk, outcome, putFile, testMount } from './test-mount.fixture.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

const MOUNTS: readonly (readonly [string, MountRequest])[] = [
  ['buffer_head', {}],
  ['buffer_head, nodelalloc', { delalloc: false }],
  ['iomap', { bufferedIomap: true }],
  ['iomap, nodelalloc', { bufferedIomap: true, delalloc: false }],
];

/** Files that are written in turns, `chunk` bytes each time, up to `size` bytes. */
function writeInTurns(
  fs: FileSystem,
  names: readonly string[],
  size: number,
  chunk: number,
  fsync: boolean,
): void {
  const fds = names.map((name) => fs.open(name, { access: 'write', create: true, append: true }));
  const bytes = new Uint8Array(chunk).fill(7);
  for (let written = 0; written < size; written += chunk) {
    for (const fd of fds) {
      fs.write(fd, bytes);
      if (fsync) fs.fsync(fd);
    }
  }
  fs.closeAll();
}

const NAMES = ['a', 'b', 'c', 'd'];

describe.each(MOUNTS)('%s: a file written in order is one piece', (_, request) => {
  test.each([
    ['alone', ['a'], 12 * MIB, MIB, false],
    ['in turns with others, 64 KiB each', NAMES, 2 * MIB, 64 * KIB, false],
    ['in turns with others, 64 KiB each and fsync', NAMES, 2 * MIB, 64 * KIB, true],
    ['in turns with others, 4 KiB each and fsync', NAMES, 128 * KIB, 4 * KIB, true],
  ] as const)('%s', async (_pattern, names, size, chunk, fsync) => {
    const disk = newDisk(4096, 64 * MIB);
    const fs = testMount(disk, request);
    writeInTurns(fs, names, size, chunk, fsync);
    fs.unmount();
    const blocks = size / 4096;
    for (const pieces of await piecesOf(disk, names)) {
      expect(pieces).toEqual([expect.objectContaining({ logical: 0, length: blocks })]);
    }
  });

  test('small ones, written one after the other, lie side by side', async () => {
    const disk = newDisk(4096, 64 * MIB);
    const fs = testMount(disk, request);
    const names = Array.from({ length: 30 }, (_unused, index) => `small${index}`);
    for (const [index, name] of names.entries()) {
      putFile(fs, name, new Uint8Array(12 * KIB).fill(1));
      if (index % 4 === 0) fs.sync();
    }
    fs.unmount();
    const all = (await piecesOf(disk, names)).flat();
    expect(all.map(({ length }) => length)).toEqual(names.map(() => 3));
    const places = all.map(({ physical }) => physical);
    expect(Math.max(...places) - Math.min(...places)).toBe(87);
  });
});

/** Free blocks by the descriptors, which follow the bitmaps. */
const freeOnDisk = ({ sb }: FileSystem): number =>
  sb.groups.reduce((sum, { raw }) => sum + freeBlocks(raw, sb.geometry.descriptorSize), 0);

describe.each(MOUNTS)('%s: what is set aside', (_, request) => {
  test('counts as free, and can be used by others to the last block', async () => {
    const disk = newDisk(1024, 8 * MIB);
    const fs = testMount(disk, request);
    const { freeSpace } = fs.sb;
    const names = Array.from({ length: 12 }, (_unused, index) => `open${index}`);
    const fds = names.map((name) => fs.open(name, { access: 'write', create: true }));
    // Each of them has a window now, of which it uses little.
    for (const fd of fds) {
      fs.pwrite(fd, new Uint8Array(KIB), 40 * KIB);
      fs.fsync(fd);
    }
    expect(fs.statfs().blocksFree).toBe(freeOnDisk(fs));
    const filler = fs.open('filler', { access: 'write', create: true });
    const expected = freeSpace.free - freeSpace.keptBack;
    let written = 0;
    for (let failed = false; !failed;) {
      failed =
        outcome(() => {
          written += fs.write(filler, new Uint8Array(64 * KIB));
        }) === 'ENOSPC';
    }
    fs.sync();
    // The extent tree took a few blocks, or a write of half a piece was cut.
    expect(written / KIB).toBeGreaterThan(expected - 40);
    expect(fs.statfs().blocksFree).toBe(freeOnDisk(fs));
    expect(freeSpace.free).toBeLessThanOrEqual(freeSpace.keptBack + 4);
    fs.closeAll();
    fs.unmount();
    const { clean, output } = await e2fsck(disk);
    expect(clean, output).toBe(true);
  });

  test('is never mapped twice, though a write ends in the middle of it', async () => {
    const disk = newDisk(4096, 32 * MIB);
    const fs = testMount(disk, request);
    const fd = fs.open('file', { access: 'write', create: true });
    // The window of 2 MiB begins a block before this one, and that block is set aside.
    fs.pwrite(fd, new Uint8Array(4096), 2 * MIB + 4096);
    fs.fsync(fd);
    fs.pwrite(fd, new Uint8Array(3 * 4096), 2 * MIB - 2 * 4096);
    fs.fsync(fd);
    fs.close(fd);
    const other = fs.open('other', { access: 'write', create: true });
    let last = 'done';
    while (last === 'done') last = outcome(() => fs.write(other, new Uint8Array(MIB)));
    expect(last).toBe('ENOSPC');
    fs.fsync(other);
    fs.closeAll();
    fs.unmount();
    const { clean, output } = await e2fsck(disk);
    expect(clean, output).toBe(true);
  });

  test('is given back when the file is closed, cut, or removed', () => {
    const fs = testMount(newDisk(4096, 32 * MIB), request);
    const held = (): number => {
      const { sb } = fs;
      return [...sb.inodes.all()].reduce(
        (sum, inode) => sum + (inode.preallocation?.runs ?? []).reduce((all, { length }) => all + length, 0),
        0,
      );
    };
    const write = (name: string): number => {
      const fd = fs.open(name, { access: 'write', create: true });
      fs.write(fd, new Uint8Array(100 * KIB));
      fs.fsync(fd);
      return fd;
    };
    const a = write('a');
    // At least 128 KiB were set aside, of which 100 are used.
    expect(held()).toBeGreaterThanOrEqual(7);
    fs.close(a);
    expect(held()).toBe(0);
    const b = write('b');
    fs.ftruncate(b, 10);
    expect(held()).toBe(0);
    fs.close(b);
    const c = write('c');
    fs.unlink('c');
    fs.close(c);
    expect(held()).toBe(0);
    fs.unmount();
  });
});
