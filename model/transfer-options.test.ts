import { describe, expect, test } from 'vitest';
import type { Errno, Outcome, TransferOptions } from './operation.ts';
import { NO_SPACE, Session, moved } from './testing.ts';

const refused = (errno: Errno): Outcome => ({ ok: false, errno });

/** A file of 20,000 bytes and a hole up to 1 MiB, open through the page cache and past it. */
function session(options: ConstructorParameters<typeof Session>[0] = {}) {
  const made = new Session(options);
  const cached = made.open('f', 'read-write', { create: true });
  const direct = made.open('f', 'read-write', { direct: true });
  made.prepare(
    { op: 'pwrite', handle: cached, offset: 0, content: { seed: 1, length: 20_000 } },
    { op: 'ftruncate', handle: cached, size: 1 << 20 },
  );
  const answer = (outcome: Outcome): string | number => {
    if (!outcome.ok) return outcome.errno;
    const { value } = outcome;
    if (value.kind === 'count') return value.count;
    return value.kind === 'runs' ? value.runs.reduce((sum, { length }) => sum + length, 0) : value.kind;
  };
  const read = (
    handle: typeof cached,
    offset: number,
    length: number,
    how: TransferOptions = {},
    observed?: Outcome,
  ) => answer(made.step({ op: 'pread', handle, offset, length, ...how }, observed));
  const write = (
    handle: typeof cached,
    offset: number,
    length: number,
    how: TransferOptions = {},
    observed?: Outcome,
  ) => answer(made.step({ op: 'pwrite', handle, offset, content: { seed: 2, length }, ...how }, observed));
  const isNow = (): boolean => {
    const { seconds } = made.now;
    const { mtime, ctime } = made.fstat(cached);
    return mtime.seconds === seconds && ctime.seconds === seconds;
  };
  return { made, cached, direct, read, write, isNow };
}

// Seen on Linux 6.18.44: generic_perform_write asks for room for what is left of a page, however much of it can be copied.
test('a full device ends a write before what can be copied ends, where the rest of it needs a block', () => {
  const { cached, write } = session({ blockSizeBytes: 1024 });
  const short: Outcome = { ok: true, value: { kind: 'count', count: 2480 } };
  // The last block of the data ends at 20,480.
  expect(write(cached, 18_000, 4096, { faultAt: 2490 }, short)).toBe(2480);
  expect(
    write(cached, 18_000, 2480, { faultAt: 2470 }, { ok: true, value: { kind: 'count', count: 2400 } }),
  ).toBe(2470);
});

// Measured on Linux 6.18.44, loop mounts with blocks of 4096 bytes.
describe('past the page cache', () => {
  test('places and lengths are whole sectors, where there are blocks', () => {
    const { direct, read, write } = session();
    expect(read(direct, 0, 4096)).toBe(4096);
    expect(read(direct, 1, 4096)).toBe('EINVAL');
    expect(read(direct, 0, 100)).toBe('EINVAL');
    expect(read(direct, 512, 512)).toBe(512);
    expect(write(direct, 1, 4096)).toBe('EINVAL');
    expect(write(direct, 0, 5000)).toBe('EINVAL');
    expect(write(direct, 512, 1024)).toBe(1024);
  });

  test('a hole may be read in any way, or not', () => {
    const { direct, read, write } = session();
    expect(read(direct, 500_001, 4096)).toBe(4096);
    expect(read(direct, 500_001, 4096, {}, refused('EINVAL'))).toBe('EINVAL');
    expect(write(direct, 500_001, 4096)).toBe('EINVAL');
    expect(read(direct, 2 << 20, 100)).toBe(0);
    expect(read(direct, 1, 0)).toBe(0);
  });

  test('memory that crosses a page begins with a sector, or it depends on extents', () => {
    const { direct, read } = session();
    const observed = refused('EINVAL');
    expect(read(direct, 0, 4096, { misaligned: 512 }, observed)).toBe(4096);
    expect(read(direct, 0, 1024, { misaligned: 4 }, observed)).toBe(1024);
    expect(read(direct, 0, 4096, { misaligned: 4 }, observed)).toBe('EINVAL');
    expect(read(direct, 0, 4096, { misaligned: 4 })).toBe(4096);
  });

  test('a refused write has moved the times, and what it was to overwrite may be anything', () => {
    const { direct, cached, made, write, isNow } = session();
    expect(write(direct, 4096, 5000)).toBe('EINVAL');
    expect(isNow()).toBe(true);
    expect(made.pread(cached, 4000, 200)).toEqual([
      { kind: 'bytes', seed: 1, start: 4000, length: 96 },
      { kind: 'any', length: 104 },
    ]);
  });

  // Asked of Linux 6.18.44 with blocks of 4096 bytes: 3073 bytes at 1024 of a file that has one block are two transfers.
  test('where memory ends before the part that lies oddly, that may be met first', () => {
    const { direct, read, write } = session();
    const faults = refused('EFAULT');
    expect(write(direct, 1024, 3073, { faultAt: 0 }, faults)).toBe('EFAULT');
    expect(write(direct, 1024, 3073, { faultAt: 0 }, refused('EINVAL'))).toBe('EINVAL');
    expect(read(direct, 1024, 3073, { faultAt: 0 }, faults)).toBe('EFAULT');
    // Not where the same block has both, nor where the transfer begins oddly.
    expect(write(direct, 1024, 3071, { faultAt: 0 }, faults)).toBe('EINVAL');
    expect(write(direct, 1025, 3584, { faultAt: 0 }, faults)).toBe('EINVAL');
    expect(write(direct, 1024, 3073, { faultAt: 3072 }, faults)).toBe('EINVAL');
  });

  test('files with indirect blocks take holes through the cache', () => {
    const { direct, write } = session({ extents: false });
    expect(write(direct, 500_001, 100, {}, moved(100))).toBe(100);
    expect(write(direct, 500_001, 100, {}, refused('EINVAL'))).toBe('EINVAL');
  });

  test('journalled data never goes past the cache', () => {
    const { direct, read, write } = session({ journalsData: true });
    expect([read(direct, 1, 10), write(direct, 1, 10)]).toEqual([10, 10]);
  });

  test('memory that ends fails the whole transfer, or makes it short', () => {
    const { direct, read, write } = session();
    expect(read(direct, 0, 8192, { faultAt: 4096 })).toBe('EFAULT');
    expect(write(direct, 0, 8192, { faultAt: 4096 })).toBe('EFAULT');
    expect(write(direct, 0, 8192, { faultAt: 4096 }, moved(4096))).toBe(4096);
    expect(write(direct, 0, 8192, { faultAt: 4096 }, moved(8192))).toBe('EFAULT');
  });

  test('a write that failed may have made the file longer', () => {
    const { direct, cached, made, write } = session();
    expect(write(direct, 1 << 20, 8192, {}, NO_SPACE)).toBe('ENOSPC');
    const stat = made.step({ op: 'fstat', handle: cached });
    if (!stat.ok || stat.value.kind !== 'stat') throw new Error('no stat');
    const size = (1 << 20) + 512;
    made.step(
      { op: 'fstat', handle: cached },
      { ok: true, value: { kind: 'stat', stat: { ...stat.value.stat, size } } },
    );
    expect(made.pread(cached, (1 << 20) - 1, 1000)).toEqual([
      { kind: 'zeros', length: 1 },
      { kind: 'any', length: 512 },
    ]);
  });

  test('directories are not opened so', () => {
    const { made } = session();
    expect(made.tryOpen('.', 'read', { direct: true })).toBe('EINVAL');
  });
});

describe('through the page cache', () => {
  test('memory that ends makes a transfer short; where there is none, it fails', () => {
    const { cached, read, write, isNow } = session();
    expect(read(cached, 0, 5000, { faultAt: 100 })).toBe(100);
    expect(write(cached, 0, 5000, { faultAt: 100 })).toBe(100);
    expect(read(cached, 0, 5000, { faultAt: 0 })).toBe('EFAULT');
    expect(write(cached, 0, 5000, { faultAt: 0 })).toBe('EFAULT');
    expect(isNow()).toBe(true);
    expect(read(cached, 2 << 20, 5000, { faultAt: 0 })).toBe(0);
  });

  test('what must not wait reads what is there, and writes nothing', () => {
    const { cached, read, write, made } = session();
    const how: TransferOptions = { rwf: ['nowait'] };
    expect(read(cached, 0, 8192, how)).toBe(8192);
    expect(read(cached, 0, 8192, how, refused('EAGAIN'))).toBe('EAGAIN');
    expect(
      read(cached, 0, 8192, how, { ok: true, value: { kind: 'data', bytes: new Uint8Array(4096) } }),
    ).toBe(4096);
    expect(read(cached, 2 << 20, 8192, how, refused('EAGAIN'))).toBe(0);
    expect(write(cached, 0, 10, how)).toBe('EOPNOTSUPP');
    expect(write(cached, 0, 0, how)).toBe(0);
    made.prepare({ op: 'chattr', path: 'f', immutable: true, append: false });
    expect(write(cached, 0, 10, how)).toBe('EOPNOTSUPP');
    expect(write(cached, 0, 10)).toBe('EPERM');
    expect(write(cached, 0, 0)).toBe('EPERM');
    expect(write(cached, 0, 0, { pieces: [0] })).toBe(0);
  });

  test('RWF_APPEND writes at the end wherever it is told to, and means nothing to a reader', () => {
    const { cached, made, write, read } = session();
    expect(write(cached, 0, 10, { rwf: ['append'] })).toBe(10);
    expect(made.fstat(cached).size).toBe((1 << 20) + 10);
    expect(read(cached, 5, 10, { rwf: ['append'] })).toBe(10);
    made.prepare({ op: 'write', handle: cached, content: { seed: 3, length: 5 }, rwf: ['append'] });
    expect(made.count({ op: 'seek', handle: cached, offset: 0, whence: 'current' })).toBe((1 << 20) + 15);
  });

  test('a directory says that it has no flags before it says that it is one', () => {
    const { made } = session();
    const handle = made.open('.', 'read');
    expect(made.run({ op: 'read', handle, length: 10, rwf: ['nowait'] })).toBe('EOPNOTSUPP');
    expect(made.run({ op: 'read', handle, length: 10, pieces: [1] })).toBe('EISDIR');
    expect(made.run({ op: 'read', handle, length: 0, rwf: ['sync'] })).toBe('ok');
    expect(made.run({ op: 'read', handle, length: 0 })).toBe('EISDIR');
  });
});

test('a direct write that must not wait may give up, with or without new times', () => {
  const { direct, cached, made, write } = session();
  const before = made.fstat(cached);
  expect(write(direct, 0, 4096, { rwf: ['nowait'] }, refused('EAGAIN'))).toBe('EAGAIN');
  made.step({ op: 'fstat', handle: cached }, { ok: true, value: { kind: 'stat', stat: before } });
  expect(made.fstat(cached).mtime).toEqual(before.mtime);
});

// fs/read_write.c and kiocb_set_rw_flags of Linux 6.1: an unknown flag is refused when there is something to move.
test('kernels without RWF_DONTCACHE refuse it, and move nothing', () => {
  const { cached, read, write, made } = session({ uncachedIo: false });
  const before = made.fstat(cached);
  expect([
    write(cached, 0, 4096, { rwf: ['dontcache'] }),
    read(cached, 0, 10, { rwf: ['dontcache'] }),
  ]).toEqual(['EOPNOTSUPP', 'EOPNOTSUPP']);
  expect(made.fstat(cached)).toEqual(before);
  expect([write(cached, 0, 0, { rwf: ['dontcache'] }), read(cached, 0, 10)]).toEqual([0, 10]);
});

test('options must be of the vocabulary', () => {
  const { cached, made } = session();
  const enabled = (how: TransferOptions): boolean =>
    made.model.enabled({ op: 'pread', handle: cached, offset: 0, length: 100, ...how });
  expect(enabled({ pieces: [50, 50] })).toBe(true);
  expect(enabled({ pieces: [50, 51] })).toBe(false);
  expect(enabled({ misaligned: 4095 })).toBe(true);
  expect(enabled({ misaligned: 4096 })).toBe(false);
  expect(enabled({ misaligned: 1, faultAt: 0 })).toBe(false);
  // preadv2 takes -1 for the position.
  const negative = { op: 'pread', handle: cached, offset: -1, length: 1 } as const;
  expect(made.model.enabled(negative)).toBe(true);
  expect(made.model.enabled({ ...negative, rwf: ['sync'] })).toBe(false);
});
