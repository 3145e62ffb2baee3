import { beforeEach, describe, expect, test } from 'vitest';
import { ext4MaxFileBytes } from './options.ts';
import { Session } from './testing.ts';

const MAX = ext4MaxFileBytes(4096);

let session: Session;

beforeEach(() => {
  session = new Session();
  session.file('f');
  session.prepare({ op: 'mkdir', path: 'd', mode: 0o755 }, { op: 'symlink', target: 'f', path: 'toF' });
});

// truncate(2); the order is that of Linux 6.18.44.
describe('truncate answers', () => {
  test.each([
    ['f', 0, 'ok'],
    ['toF', 10, 'ok'],
    ['f/', 0, 'ENOTDIR'],
    ['d', 0, 'EISDIR'],
    ['d', -1, 'EINVAL'],
    ['none', -1, 'EINVAL'],
    ['none', 0, 'ENOENT'],
    ['', -1, 'EINVAL'],
    ['f', MAX, 'ok'],
    ['f', MAX + 1, 'EFBIG'],
  ])('%s to %d: %s', (path, size, expected) => {
    expect(session.run({ op: 'truncate', path, size })).toBe(expected);
  });

  test('through a descriptor EINVAL without the right to write, and for a directory', () => {
    const [reader, directory] = [session.open('f', 'read'), session.open('d', 'read')];
    expect(session.run({ op: 'ftruncate', handle: reader, size: 0 })).toBe('EINVAL');
    expect(session.run({ op: 'ftruncate', handle: directory, size: 0 })).toBe('EINVAL');
    expect(session.run({ op: 'ftruncate', handle: 'fd99', size: 0 })).toBe('EBADF');
    expect(session.run({ op: 'ftruncate', handle: 'fd99', size: -1 })).toBe('EINVAL');
  });
});

// Linux 6.18.44. POSIX leaves the times open where the size stays; ext4_truncate() runs then too.
test('mtime and ctime move when the size grows, shrinks or stays', () => {
  for (const size of [10, 10, 5, 5, 0, 0]) {
    expect(session.movedBy('f', { op: 'truncate', path: 'f', size })).toEqual(['mtime', 'ctime']);
  }
});

test('what is cut off does not come back', () => {
  const handle = session.open('f');
  session.prepare({ op: 'write', handle, content: { seed: 1, length: 100 } });
  session.prepare({ op: 'ftruncate', handle, size: 10 }, { op: 'ftruncate', handle, size: 50 });
  expect(session.pread(handle, 0, 100)).toEqual([
    { kind: 'bytes', seed: 1, start: 0, length: 10 },
    { kind: 'zeros', length: 40 },
  ]);
  expect(session.count({ op: 'seek', handle, offset: 0, whence: 'current' })).toBe(100);
});
