import { beforeEach, describe, expect, test } from 'vitest';
import type { Handle } from './operation.ts';
import { ext4MaxFileBytes } from './options.ts';
import { NO_SPACE, Session, moved } from './testing.ts';

const MAX = ext4MaxFileBytes(4096);
const BLOCK = 4096;

let session: Session;
let handle: Handle;

beforeEach(() => {
  session = new Session();
  session.file('f');
  handle = session.open('f');
});

const bytes = (seed: number, start: number, length: number) =>
  ({ kind: 'bytes', seed, start, length }) as const;
const zeros = (length: number) => ({ kind: 'zeros', length }) as const;

describe('positions', () => {
  test('read and write move it by what they moved, pread and pwrite leave it', () => {
    session.prepare({ op: 'write', handle, content: { seed: 1, length: 100 } });
    session.prepare({ op: 'pwrite', handle, offset: 200, content: { seed: 2, length: 10 } });
    session.pread(handle, 0, 50);
    expect(session.count({ op: 'seek', handle, offset: 0, whence: 'current' })).toBe(100);
    expect(session.step({ op: 'read', handle, length: 1000 })).toEqual({
      ok: true,
      value: { kind: 'runs', runs: [zeros(100), bytes(2, 0, 10)] },
    });
    expect(session.count({ op: 'seek', handle, offset: 0, whence: 'current' })).toBe(210);
  });

  // open(2): O_APPEND moves the position to the end before each write; pwrite(2), BUGS: it appends there too.
  test('an appending write goes to the end and leaves the position there; pwrite appends too, and leaves it', () => {
    session.prepare({ op: 'write', handle, content: { seed: 1, length: 100 } });
    const append = session.open('f', 'write', { append: true });
    session.prepare({ op: 'seek', handle: append, offset: 3, whence: 'set' });
    session.prepare({ op: 'pwrite', handle: append, offset: 0, content: { seed: 2, length: 10 } });
    expect(session.count({ op: 'seek', handle: append, offset: 0, whence: 'current' })).toBe(3);
    session.prepare({ op: 'write', handle: append, content: { seed: 3, length: 10 } });
    expect(session.count({ op: 'seek', handle: append, offset: 0, whence: 'current' })).toBe(120);
    expect(session.pread(handle, 0, 1000)).toEqual([bytes(1, 0, 100), bytes(2, 0, 10), bytes(3, 0, 10)]);
  });
});

// read(2), write(2), pread(2): EBADF for the wrong access, EINVAL for a negative offset, EISDIR for a directory.
// The order is that of Linux 6.18.44.
test('errors and their order', () => {
  const readOnly = session.open('f', 'read');
  const writeOnly = session.open('f', 'write');
  const directory = session.open('.', 'read');
  const content = { seed: 1, length: 1 };
  expect(session.run({ op: 'read', handle: writeOnly, length: 0 })).toBe('EBADF');
  expect(session.run({ op: 'pread', handle: writeOnly, offset: -1, length: 0 })).toBe('EINVAL');
  expect(session.run({ op: 'read', handle: directory, length: 0 })).toBe('EISDIR');
  expect(session.run({ op: 'pread', handle: directory, offset: -1, length: 0 })).toBe('EINVAL');
  // A vector of no bytes looks at nothing, wherever its memory lies.
  for (const options of [{ pieces: [0] }, { faultAt: 0 }, { misaligned: 1 }]) {
    const vector = { op: 'pread', handle: directory, offset: 0, length: 0, ...options } as const;
    expect(session.run(vector)).toBe('ok');
  }
  expect(session.run({ op: 'write', handle: readOnly, content: { seed: 1, length: 0 } })).toBe('EBADF');
  expect(session.run({ op: 'write', handle: directory, content })).toBe('EBADF');
  expect(session.run({ op: 'pwrite', handle: readOnly, offset: -1, content })).toBe('EINVAL');
  expect(session.run({ op: 'pwrite', handle: 'fd99', offset: -1, content })).toBe('EINVAL');
  expect(session.run({ op: 'pwrite', handle: 'fd99', offset: 0, content })).toBe('EBADF');
});

describe('the largest file', () => {
  test('a write is shortened at its end, and refused from there on', () => {
    expect(session.count({ op: 'pwrite', handle, offset: MAX - 3, content: { seed: 1, length: 10 } })).toBe(
      3,
    );
    expect(session.lstat('f').size).toBe(MAX);
    const before = session.lstat('f');
    expect(session.run({ op: 'pwrite', handle, offset: MAX, content: { seed: 1, length: 1 } })).toBe('EFBIG');
    expect(session.count({ op: 'pwrite', handle, offset: MAX + 1, content: { seed: 1, length: 0 } })).toBe(0);
    expect(session.lstat('f')).toEqual(before);
  });

  test('is (2^32 - 1) blocks: 16 TiB less one block of 4 KiB', () => {
    expect(MAX).toBe(16 * 2 ** 40 - 4096);
  });
});

describe('times', () => {
  const write = (length: number) => ({ op: 'write', handle, content: { seed: 1, length } }) as const;

  test('a write moves mtime and ctime, a write of nothing moves none', () => {
    expect(session.movedBy('f', write(1))).toEqual(['mtime', 'ctime']);
    expect(session.movedBy('f', write(0))).toEqual([]);
  });

  test('a read moves atime, also at the end of file; a read of nothing does not', () => {
    session.prepare(write(10));
    expect(session.movedBy('f', { op: 'pread', handle, offset: 0, length: 0 })).toEqual([]);
    expect(session.movedBy('f', { op: 'pread', handle, offset: 10, length: 1 })).toEqual(['atime']);
  });

  // Linux 6.18.44: filemap_read() returns before file_accessed() from s_maxbytes on.
  test('a read beyond the largest file moves no time', () => {
    session.prepare(write(10));
    expect(session.movedBy('f', { op: 'pread', handle, offset: MAX, length: 1 })).toEqual([]);
    expect(session.movedBy('f', { op: 'pread', handle, offset: MAX - 1, length: 1 })).toEqual(['atime']);
  });

  test('with relatime a second read does not move atime, a day later it does', () => {
    const read = { op: 'pread', handle, offset: 0, length: 1 } as const;
    session.prepare(write(10));
    expect(session.movedBy('f', read)).toEqual(['atime']);
    expect(session.movedBy('f', read)).toEqual([]);
    session.sleep(86_400);
    expect(session.movedBy('f', read)).toEqual(['atime']);
  });

  // relatime_need_update compares what inodes keep: of a clock that goes on by itself, both may be of one second (seed 811 on Linux 6.18.44).
  test.each([
    ['whole seconds of a clock of its own', { inodeBytes: 128, ownClock: true }, true],
    ['nanoseconds of a clock of its own', { inodeBytes: 256, ownClock: true }, false],
    ['whole seconds as they were told', { inodeBytes: 128, ownClock: false }, false],
  ])('where inodes keep %s, a second read may move atime', (_, options, mayMove) => {
    const kept = new Session(options);
    const reader = kept.open('f', 'read-write', { create: true });
    kept.prepare({ op: 'pwrite', handle: reader, offset: 0, content: { seed: 1, length: 10 } });
    const read = { op: 'pread', handle: reader, offset: 0, length: 1 } as const;
    kept.prepare(read);
    const before = kept.lstat('f');
    expect(kept.movedBy('f', read)).toEqual(mayMove ? ['atime'] : []);
    const seen = { ok: true, value: { kind: 'stat', stat: before } } as const;
    expect(kept.step({ op: 'lstat', path: 'f' }, seen)).toEqual(seen);
  });

  test('with noatime no read does', () => {
    const still = new Session({ atime: 'noatime' });
    still.file('f');
    const reader = still.open('f', 'read');
    expect(still.movedBy('f', { op: 'read', handle: reader, length: 1 })).toEqual([]);
    expect(still.movedBy('.', { op: 'readdir', path: '.' })).toEqual([]);
  });

  test('a write as root leaves the set-id bits', () => {
    session.prepare({ op: 'chmod', path: 'f', mode: 0o6755 }, write(1), { op: 'ftruncate', handle, size: 0 });
    expect(session.lstat('f').mode).toBe(0o6755);
  });
});

describe('out of space', () => {
  const write = (offset: number, length: number) =>
    ({ op: 'pwrite', handle, offset, content: { seed: 2, length } }) as const;

  // Linux 6.18.44: file_modified() comes before the first block is reserved.
  test('a write that fails moves mtime and ctime, and nothing else', () => {
    const before = session.lstat('f');
    expect(session.run(write(0, 10), NO_SPACE)).toBe('ENOSPC');
    const { now } = session;
    expect(session.lstat('f')).toEqual({ ...before, mtime: now, ctime: now });
  });

  test('a short write is followed', () => {
    expect(session.count(write(0, 3 * BLOCK), moved(BLOCK))).toBe(BLOCK);
    expect(session.lstat('f').size).toBe(BLOCK);
    expect(session.pread(handle, 0, 4 * BLOCK)).toEqual([bytes(2, 0, BLOCK)]);
  });

  test('blocks that hold written bytes are there, so writing to them cannot fail', () => {
    session.prepare(write(0, BLOCK + 1));
    expect(session.run(write(0, 2 * BLOCK), NO_SPACE)).toBe('ok');
    expect(session.count(write(0, 2 * BLOCK), moved(BLOCK))).toBe(2 * BLOCK);
    expect(session.run(write(2 * BLOCK - 1, 2), NO_SPACE)).toBe('ENOSPC');
  });

  test('the rest of a short write must miss a block', () => {
    session.prepare(write(2 * BLOCK, BLOCK));
    expect(session.count(write(0, 3 * BLOCK), moved(2 * BLOCK + 1))).toBe(3 * BLOCK);
    expect(session.count(write(0, 4 * BLOCK), moved(0))).toBe(4 * BLOCK);
  });

  test('truncation gives the blocks up', () => {
    session.prepare(
      write(0, BLOCK),
      { op: 'ftruncate', handle, size: 0 },
      { op: 'ftruncate', handle, size: BLOCK },
    );
    expect(session.run(write(0, 1), NO_SPACE)).toBe('ENOSPC');
  });
});

// filemap_read asks s_maxbytes, whatever the map of the file reaches; seen on Linux 6.18.44 with indirect blocks.
test('a read beyond what the map reaches is an access; one beyond what any file reaches is none', () => {
  session = new Session({ extents: false, maxIndirectBytes: 1000, maxReadBytes: 2000 });
  session.file('f');
  const handle = session.open('f');
  expect(session.movedBy('f', { op: 'pread', handle, offset: 1500, length: 1 })).toEqual(['atime']);
  expect(session.movedBy('f', { op: 'pread', handle, offset: 2000, length: 1 })).toEqual([]);
});
