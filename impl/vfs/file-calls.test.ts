import { describe, expect, test } from 'vitest';
import type { Timestamp } from '../ext4/inode/timestamp.ts';
import type { FileSystem } from './file-system.ts';
import { newDisk, NOW, outcome, putFile, testMount } from './test-mount.fixture.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function contents(fs: FileSystem, path: string): string {
  const fd = fs.open(path, { access: 'read' });
  const bytes = new Uint8Array(fs.fstat(fd).size);
  fs.read(fd, bytes);
  fs.close(fd);
  return new TextDecoder().decode(bytes);
}

const later = (seconds: number): Timestamp => ({ seconds: NOW.seconds + seconds, nanoseconds: 5 });

describe.each(['buffer_head', 'iomap'])('the %s path', (path) => {
  const fresh = (): FileSystem => testMount(newDisk(), { bufferedIomap: path === 'iomap' });

  test('positions move with read, write and seek, not with pread and pwrite', () => {
    const fs = fresh();
    const fd = fs.open('f', { access: 'read-write', create: true });
    expect(fs.write(fd, text('hello world'))).toBe(11);
    expect(fs.read(fd, new Uint8Array(4))).toBe(0);
    expect(fs.seek(fd, -5, 'end')).toBe(6);
    const five = new Uint8Array(9);
    expect(fs.read(fd, five)).toBe(5);
    expect(new TextDecoder().decode(five.subarray(0, 5))).toBe('world');
    expect(fs.pwrite(fd, text('J'), 0)).toBe(1);
    expect(fs.pread(fd, five, 100)).toBe(0);
    expect(fs.seek(fd, 0, 'current')).toBe(11);
    expect(fs.seek(fd, 2, 'set')).toBe(2);
    expect(fs.write(fd, text('LL'))).toBe(2);
    expect(fs.seek(fd, 0, 'current')).toBe(4);
    expect(contents(fs, 'f')).toBe('JeLLo world');
    expect(outcome(() => fs.seek(fd, -1, 'set'))).toBe('EINVAL');
    expect(outcome(() => fs.seek(fd, -12, 'end'))).toBe('EINVAL');
    expect(fs.seek(fd, 1000, 'set')).toBe(1000);
    expect(fs.write(fd, new Uint8Array(0))).toBe(0);
    expect(fs.fstat(fd).size).toBe(11);
  });

  test('O_APPEND writes at the end, pwrite too', () => {
    const fs = fresh();
    putFile(fs, 'f', text('one'));
    const fd = fs.open('f', { access: 'read-write', append: true });
    expect(fs.read(fd, new Uint8Array(1))).toBe(1);
    fs.write(fd, text('two'));
    expect(fs.seek(fd, 0, 'current')).toBe(6);
    fs.pwrite(fd, text('three'), 0);
    expect(contents(fs, 'f')).toBe('onetwothree');
  });

  test('access modes and kinds of files', () => {
    const fs = fresh();
    putFile(fs, 'f', text('data'));
    const [reader, writer] = [fs.open('f', { access: 'read' }), fs.open('f', { access: 'write' })];
    const dir = fs.open('.', { access: 'read', directory: true });
    const one = new Uint8Array(1);
    expect(outcome(() => fs.write(reader, one))).toBe('EBADF');
    expect(outcome(() => fs.read(writer, one))).toBe('EBADF');
    expect(outcome(() => fs.read(dir, one))).toBe('EISDIR');
    expect(outcome(() => fs.read(dir, new Uint8Array(0)))).toBe('EISDIR');
    expect(outcome(() => fs.write(dir, one))).toBe('EBADF');
    expect(outcome(() => fs.pread(99, one, -1))).toBe('EINVAL');
    expect(outcome(() => fs.pread(99, one, 0))).toBe('EBADF');
    expect(outcome(() => fs.ftruncate(reader, 0))).toBe('EINVAL');
    expect(outcome(() => fs.ftruncate(dir, 0))).toBe('EINVAL');
    expect(outcome(() => fs.ftruncate(99, -1))).toBe('EINVAL');
    expect(outcome(() => fs.ftruncate(99, 0))).toBe('EBADF');
    expect(outcome(() => fs.truncate('f', -1))).toBe('EINVAL');
    expect(outcome(() => fs.truncate('.', 0))).toBe('EISDIR');
    expect(outcome(() => fs.truncate('f', fs.sb.maxFileBytes + 1))).toBe('EFBIG');
    expect(outcome(() => fs.pwrite(writer, one, fs.sb.maxFileBytes))).toBe('EFBIG');
    for (const fd of [reader, dir]) expect(outcome(() => fs.fsync(fd))).toBe('done');
    expect(contents(fs, 'f')).toBe('data');
  });

  test('sizes grow with zeros and shrink for good', () => {
    const fs = fresh();
    putFile(fs, 'f', text('abcdef'));
    fs.truncate('f', 3);
    fs.truncate('f', 5);
    expect(contents(fs, 'f')).toBe('abc\0\0');
    fs.close(fs.open('f', { access: 'read', truncate: true }));
    expect(fs.stat('f').size).toBe(0);
  });

  test('contents survive a new mount', () => {
    const disk = newDisk();
    const bytes = new Uint8Array(30_000).map((_, index) => index * 7);
    const first = testMount(disk, { bufferedIomap: path === 'iomap' });
    putFile(first, 'f', bytes);
    first.unmount();
    expect(() => first.stat('f')).toThrow('not mounted');
    const fs = testMount(disk);
    const fd = fs.open('f', { access: 'read' });
    const target = new Uint8Array(40_000);
    expect(fs.read(fd, target)).toBe(30_000);
    expect(target.subarray(0, 30_000)).toEqual(bytes);
  });
});

describe('times', () => {
  test('reading moves atime by the rules of relatime', () => {
    const fs = testMount();
    putFile(fs, 'f', text('data'));
    const readAt = (seconds: number): Timestamp => {
      fs.now = later(seconds);
      contents(fs, 'f');
      return fs.stat('f').atime;
    };
    // Never read since it was written; then read recently; then a day ago.
    expect(readAt(10)).toEqual(later(10));
    expect(readAt(20)).toEqual(later(10));
    expect(readAt(10 + 86_399)).toEqual(later(10));
    expect(readAt(10 + 86_400)).toEqual(later(10 + 86_400));
    fs.now = later(100_000);
    fs.chmod('f', 0o600);
    expect(readAt(100_001)).toEqual(later(100_001));
  });

  test('noatime keeps atime; a directory and a link have one, too', () => {
    const times = (atime: 'noatime' | 'relatime'): Timestamp[] => {
      const fs = testMount(newDisk(), { atime });
      fs.mkdir('d');
      fs.symlink('d', 'l');
      fs.now = later(10);
      fs.readdir('l');
      return [fs.stat('d').atime, fs.lstat('l').atime];
    };
    expect(times('noatime')).toEqual([NOW, NOW]);
    expect(times('relatime')).toEqual([later(10), later(10)]);
  });

  test('changes of names move the times of everything involved', () => {
    const fs = testMount();
    fs.mkdir('a');
    fs.mkdir('b');
    putFile(fs, 'a/f');
    const clock = (path: string): number[] => {
      const { mtime, ctime } = fs.stat(path);
      return [mtime.seconds - NOW.seconds, ctime.seconds - NOW.seconds];
    };
    fs.now = later(1);
    fs.link('a/f', 'b/g');
    expect([clock('a'), clock('b'), clock('a/f')]).toEqual([
      [0, 0],
      [1, 1],
      [0, 1],
    ]);
    fs.now = later(2);
    fs.rename('a/f', 'b/h');
    expect([clock('a'), clock('b'), clock('b/h')]).toEqual([
      [2, 2],
      [2, 2],
      [0, 2],
    ]);
    fs.now = later(3);
    fs.unlink('b/h');
    expect([clock('b'), clock('b/g')]).toEqual([
      [3, 3],
      [0, 3],
    ]);
    fs.now = later(4);
    fs.mkdir('b/c');
    fs.now = later(5);
    fs.rmdir('b/c');
    expect(clock('b')).toEqual([5, 5]);
    fs.now = later(6);
    fs.write(fs.open('b/g', { access: 'write' }), text('x'));
    expect(clock('b/g')).toEqual([6, 6]);
    fs.now = later(7);
    fs.close(fs.open('b/g', { access: 'write', truncate: true }));
    expect(clock('b/g')).toEqual([7, 7]);
  });

  test('utimens sets, omits, and clamps to 34 bits of seconds', () => {
    const fs = testMount();
    putFile(fs, 'f');
    fs.now = later(3);
    const birth: Timestamp = { seconds: -1, nanoseconds: 999_999_999 };
    fs.utimens('f', birth, 'omit');
    expect(fs.stat('f')).toMatchObject({ atime: birth, mtime: NOW, ctime: later(3) });
    fs.utimens('f', { seconds: -(2 ** 40), nanoseconds: 5 }, { seconds: 2 ** 40, nanoseconds: 5 });
    // EXT4_TIMESTAMP_MIN and EXT4_EXTRA_TIMESTAMP_MAX: 1901-12-13 and 2446-05-10.
    expect(fs.stat('f')).toMatchObject({
      atime: { seconds: -2_147_483_648, nanoseconds: 0 },
      mtime: { seconds: 15_032_385_535, nanoseconds: 0 },
    });
    expect(outcome(() => fs.utimens('f', { seconds: 0, nanoseconds: 1e9 }, 'now'))).toBe('EINVAL');
    expect(outcome(() => fs.utimens('nothing', 'omit', 'omit'))).toBe('done');
    expect(outcome(() => fs.utimens('nothing', 'omit', 'now'))).toBe('ENOENT');
  });
});

describe('owners and modes', () => {
  test('chown takes the set-id bits of a file, and leaves those of a directory', () => {
    const fs = testMount();
    putFile(fs, 'f');
    fs.chmod('f', 0o6755);
    fs.chown('f', 70_000, -1);
    expect(fs.stat('f')).toMatchObject({ mode: 0o755, uid: 70_000, gid: 0 });
    // Without group execution the bit means mandatory locking, and stays.
    fs.chmod('f', 0o6745);
    fs.chown('f', -1, 80_000);
    expect(fs.stat('f')).toMatchObject({ mode: 0o2745, uid: 70_000, gid: 80_000 });
    fs.mkdir('d', 0o7777);
    expect(fs.stat('d').mode).toBe(0o1777);
    fs.chmod('d', 0o6755);
    fs.chown('d', 1, 1);
    expect(fs.stat('d').mode).toBe(0o6755);
  });

  test('below a set-group-id directory everything has its group', () => {
    const fs = testMount();
    fs.mkdir('d');
    fs.chown('d', 5, 6);
    fs.chmod('d', 0o2755);
    fs.mkdir('d/sub', 0o700);
    putFile(fs, 'd/f');
    expect(fs.stat('d/sub')).toMatchObject({ uid: 0, gid: 6, mode: 0o2700 });
    expect(fs.stat('d/f')).toMatchObject({ uid: 0, gid: 6, mode: 0o666 });
  });
});

test('a read-only mount reads, and refuses every change with EROFS', () => {
  const disk = newDisk();
  const writer = testMount(disk);
  putFile(writer, 'f', text('data'));
  writer.mkdir('d');
  writer.unmount();
  const fs = testMount(disk, { readOnly: true });
  expect(contents(fs, 'f')).toBe('data');
  const changes: (() => unknown)[] = [
    () => fs.open('new', { access: 'read', create: true }),
    () => fs.open('f', { access: 'write' }),
    () => fs.open('f', { access: 'read', truncate: true }),
    () => fs.mkdir('new'),
    () => fs.rmdir('d'),
    () => fs.unlink('f'),
    () => fs.unlink('nothing'),
    () => fs.rename('f', 'g'),
    () => fs.link('f', 'g'),
    () => fs.symlink('f', 'g'),
    () => fs.truncate('f', 0),
    () => fs.chmod('f', 0),
    () => fs.utimens('f', 'now', 'now'),
  ];
  expect(changes.map(outcome)).toEqual(changes.map(() => 'EROFS'));
  expect(outcome(() => fs.mkdir('d'))).toBe('EEXIST');
  expect(outcome(() => fs.open('f', { access: 'read', create: true }))).toBe('done');
});

test('what is wrong on the disk is EUCLEAN, has a reason, and makes the mount read-only', () => {
  // With checksums, the block's would be what is wrong.
  const disk = newDisk(undefined, undefined, { features: ['^metadata_csum'] });
  const writer = testMount(disk);
  writer.mkdir('d');
  writer.unmount();
  breakDots(disk);
  const fs = testMount(disk);
  expect(outcome(() => fs.readdir('d'))).toBe('EUCLEAN');
  expect(fs.corruption).toMatchObject({ field: 'rec_len' });
  expect(outcome(() => fs.mkdir('new'))).toBe('EROFS');
});

/** Gives the entry for .. of the only directory with one subdirectory of the root an impossible length. */
function breakDots(disk: ReturnType<typeof newDisk>): void {
  const block = new Uint8Array(1024);
  for (let offset = 0; offset < disk.sizeBytes; offset += block.length) {
    disk.read(offset, block);
    // ".", 12 bytes long, then "..", whose rest is the block's: 1012.
    const isFirst = block[8] === 0x2e && block[16] === 0xf4 && block[17] === 3 && block[20] === 0x2e;
    if (isFirst) disk.write(offset + 16, Uint8Array.of(0xf5, 3));
  }
}
