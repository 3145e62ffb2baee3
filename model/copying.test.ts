import { describe, expect, test } from 'vitest';
import type { Handle, Outcome } from './operation.ts';
import { NO_SPACE, Session, moved } from './testing.ts';

/** Two files: 20,000 bytes with a hole from 4,096 to 8,192, and an empty one. */
function session() {
  const made = new Session();
  const from = made.open('f', 'read-write', { create: true });
  const to = made.open('g', 'read-write', { create: true });
  made.prepare(
    { op: 'pwrite', handle: from, offset: 0, content: { seed: 1, length: 4096 } },
    { op: 'pwrite', handle: from, offset: 8192, content: { seed: 2, length: 11_808 } },
  );
  const copy = (
    one: Handle,
    fromOffset: number | null,
    other: Handle,
    toOffset: number | null,
    length: number,
    observed?: Outcome,
  ): string | number =>
    answer(
      made.step({ op: 'copy-file-range', from: one, fromOffset, to: other, toOffset, length }, observed),
    );
  const send = (one: Handle, fromOffset: number | null, other: Handle, length: number): string | number =>
    answer(made.step({ op: 'sendfile', from: one, fromOffset, to: other, length }));
  const at = (handle: Handle): number => made.count({ op: 'seek', handle, offset: 0, whence: 'current' });
  return { made, from, to, copy, send, at };
}

const answer = (outcome: Outcome): string | number => {
  if (!outcome.ok) return outcome.errno;
  return outcome.value.kind === 'count' ? outcome.value.count : 'no count';
};

// The answers are those of Linux 6.18.44.
describe('copy_file_range', () => {
  test('copies bytes and holes as far as there are any', () => {
    const { made, from, to, copy } = session();
    expect(copy(from, 4000, to, 100, 1 << 20)).toBe(16_000);
    expect(made.pread(to, 0, 1 << 20)).toEqual([
      { kind: 'zeros', length: 100 },
      { kind: 'bytes', seed: 1, start: 4000, length: 96 },
      { kind: 'zeros', length: 4096 },
      { kind: 'bytes', seed: 2, start: 0, length: 11_808 },
    ]);
    expect(copy(from, 20_000, to, 0, 10)).toBe(0);
    expect(copy(from, 2 ** 50, to, 0, 10)).toBe(0);
  });

  test('within one file the ranges must not meet', () => {
    const { made, from, copy } = session();
    expect(copy(from, 0, from, 100, 200)).toBe('EINVAL');
    expect(copy(from, 0, from, 8192, 4096)).toBe(4096);
    expect(made.pread(from, 8192, 4097)).toEqual([
      { kind: 'bytes', seed: 1, start: 0, length: 4096 },
      { kind: 'bytes', seed: 2, start: 4096, length: 1 },
    ]);
    // The end of the file shortens what would meet.
    expect(copy(from, 19_990, from, 20_000, 100)).toBe(10);
    expect(copy(from, 0, from, 0, 0)).toBe(0);
  });

  // Asked of Linux 6.18.44: the copy is an access at its beginning and at its end (splice_direct_to_actor), and mtime has moved between.
  test('within one file it moves atime, with relatime too', () => {
    const { made, from, copy } = session();
    made.pread(from, 0, 1);
    expect(made.movedBy('f', { op: 'pread', handle: from, offset: 0, length: 1 })).toEqual([]);
    const within = {
      op: 'copy-file-range',
      from,
      fromOffset: 8192,
      to: from,
      toOffset: 0,
      length: 100,
    } as const;
    expect(made.movedBy('f', within)).toEqual(['atime', 'mtime', 'ctime']);
    expect(copy(from, 8192, from, 0, 100)).toBe(100);
  });

  test('positions move where none are given', () => {
    const { from, to, copy, at } = session();
    expect(copy(from, null, to, null, 1000)).toBe(1000);
    expect(copy(from, null, to, 0, 500)).toBe(500);
    expect([at(from), at(to)]).toEqual([1500, 1000]);
  });

  test('asks for files, for the right access, and for room below the largest file', () => {
    const { made, from, to, copy } = session();
    const [reader, writer] = [made.open('f', 'read'), made.open('g', 'write')];
    const [appender, directory] = [made.open('g', 'write', { append: true }), made.open('.', 'read')];
    expect(copy(writer, 0, from, 0, 1)).toBe('EBADF');
    expect(copy(from, 0, reader, 0, 1)).toBe('EBADF');
    expect(copy(from, 0, appender, 0, 1)).toBe('EBADF');
    expect(copy(directory, 0, to, 0, 1)).toBe('EISDIR');
    expect(copy(from, 0, 'fd99', 0, 1)).toBe('EBADF');
    expect(copy(from, 0, to, 2 ** 50, 0)).toBe('EFBIG');
    made.prepare({ op: 'chattr', path: 'g', immutable: true, append: false });
    expect(copy(from, 0, to, 0, 0)).toBe('EPERM');
  });

  test('a full device takes some of it or nothing', () => {
    const { from, to, copy } = session();
    expect(copy(from, 0, to, 0, 9000, moved(4096))).toBe(4096);
    expect(copy(from, 0, to, 8192, 9000, NO_SPACE)).toBe('ENOSPC');
    expect(copy(from, 0, to, 0, 4096, NO_SPACE)).toBe(4096);
  });

  test('reads one file and changes the other', () => {
    const { made, from, to } = session();
    const copy = { op: 'copy-file-range', from, fromOffset: 0, to, toOffset: 0, length: 10 } as const;
    expect(made.movedBy('g', copy)).toEqual(['mtime', 'ctime']);
    expect(made.movedBy('f', { ...copy, fromOffset: 1 << 20 })).toEqual([]);
  });
});

describe('sendfile', () => {
  test('writes at the position, which moves, as does that of the source where none is given', () => {
    const { from, to, send, at } = session();
    expect(send(from, 0, to, 5000)).toBe(5000);
    expect(send(from, null, to, 1 << 20)).toBe(20_000);
    expect([at(from), at(to)]).toEqual([20_000, 25_000]);
    expect(send(from, null, to, 10)).toBe(0);
  });

  // Asked of Linux 6.18.44: splice_direct_to_actor ends with an access, whatever came of it.
  test('moves atime of its source also for no bytes, and of a directory', () => {
    const { made, from, to } = session();
    const directory = made.open('.', 'read');
    const nothing = { op: 'sendfile', from, fromOffset: 0, to, length: 0 } as const;
    expect(made.movedBy('f', nothing)).toEqual(['atime']);
    expect(made.movedBy('.', { ...nothing, from: directory })).toEqual(['atime']);
  });

  test('refuses what has no bytes to give and who appends', () => {
    const { made, from, to, send } = session();
    const [appender, directory] = [made.open('g', 'write', { append: true }), made.open('.', 'read')];
    const writer = made.open('g', 'write');
    expect(send(from, 2 ** 50, to, 0)).toBe('EOVERFLOW');
    expect(send(from, 0, appender, 10)).toBe('EINVAL');
    expect(send(from, 0, appender, 0)).toBe('EINVAL');
    expect(send(directory, 0, to, 10)).toBe('EINVAL');
    expect(send(directory, 0, to, 0)).toBe(0);
    expect(send(writer, 0, to, 10)).toBe('EBADF');
    expect(send(from, 0, directory, 10)).toBe('EBADF');
    made.prepare({ op: 'seek', handle: to, offset: 2 ** 44 - 4096 - 100, whence: 'set' });
    expect(send(from, 0, to, 1000)).toBe(100);
    expect(send(from, 0, to, 1000)).toBe('EFBIG');
  });
});
