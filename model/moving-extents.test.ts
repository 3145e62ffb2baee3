import { beforeEach, describe, expect, test } from 'vitest';
import type { Handle, Operation, Outcome } from './operation.ts';
import { Session, moved } from './testing.ts';

const BLOCK = 4096;

let session: Session;
let file: Handle;
let donor: Handle;

beforeEach(() => start());

function start(options: ConstructorParameters<typeof Session>[0] = {}): void {
  session = new Session(options);
  session.file('f');
  session.file('d');
  [file, donor] = [session.open('f'), session.open('d')];
  for (const handle of [file, donor]) {
    session.prepare({ op: 'pwrite', handle, offset: 0, content: { seed: 1, length: 3 * BLOCK } });
    session.prepare({ op: 'ftruncate', handle, size: 5 * BLOCK });
  }
}

const move = (changes: Partial<Extract<Operation, { op: 'move-extent' }>> = {}): Operation => ({
  op: 'move-extent',
  handle: file,
  donor,
  offset: 1,
  donorOffset: 1,
  length: 3,
  ...changes,
});

const answer = (errno: 'EBUSY' | 'ENODATA' | 'EOPNOTSUPP' | 'ENOSPC' | 'EIO'): Outcome => ({
  ok: false,
  errno,
});

test('the file keeps what it holds, times and all; of what the donor held there nobody knows more than where the zeros are', () => {
  const before = [session.lstat('f'), session.lstat('d')];
  expect(session.count(move(), moved(2))).toBe(2);
  expect([session.lstat('f'), session.lstat('d')]).toEqual(before);
  expect(session.pread(file, 0, 5 * BLOCK)).toEqual([
    { kind: 'bytes', seed: 1, start: 0, length: 3 * BLOCK },
    { kind: 'zeros', length: 2 * BLOCK },
  ]);
  expect(session.pread(donor, 0, 5 * BLOCK)).toEqual([
    { kind: 'bytes', seed: 1, start: 0, length: BLOCK },
    { kind: 'any', length: 2 * BLOCK },
    { kind: 'zeros', length: 2 * BLOCK },
  ]);
});

test('where no block was moved, everything is as it was', () => {
  expect(session.count(move(), moved(0))).toBe(0);
  expect(session.pread(donor, BLOCK, BLOCK)).toEqual([
    { kind: 'bytes', seed: 1, start: BLOCK, length: BLOCK },
  ]);
});

test('a move may stop on its way, for the reasons there are', () => {
  for (const errno of ['EBUSY', 'ENODATA', 'EOPNOTSUPP', 'ENOSPC'] as const)
    expect(session.run(move(), answer(errno))).toBe(errno);
  expect(session.run(move(), answer('EIO'))).toBe('ok');
  expect(session.count(move(), moved(1000))).toBeLessThan(10);
});

// Asked of Linux 6.18.44, whose clipping takes one from the length before it compares (mext_check_arguments).
test('no blocks from the first one of a file on are all that it has', () => {
  expect(session.count(move({ offset: 0, donorOffset: 0, length: 0 }), moved(3))).toBe(3);
  expect(session.pread(donor, 0, 5 * BLOCK)).toEqual([
    { kind: 'any', length: 3 * BLOCK },
    { kind: 'zeros', length: 2 * BLOCK },
  ]);
  expect(session.count(move({ offset: 4, donorOffset: 0, length: 0 }), moved(9))).toBe(5);
  expect(session.run(move({ offset: 4, donorOffset: 1, length: 0 }))).toBe('EINVAL');
});

// mext_check_arguments of Linux 6.18, and what ext4_ioctl asks before.
describe('refuses', () => {
  test.each([
    ['what is not open', { donor: 'fd99' as const }, 'EBADF'],
    ['another place within the page', { offset: 1, donorOffset: 2 }, 'ok'],
    ['what lies behind the file', { offset: 5 }, 'EINVAL'],
    ['what lies behind the donor', { donorOffset: 5 }, 'EINVAL'],
    ['more blocks than there can be', { length: 2 ** 32 }, 'EINVAL'],
  ])('%s', (_, changes, errno) => {
    expect(session.run(move(changes))).toBe(errno);
  });

  test('another place within the page, where blocks are smaller', () => {
    start({ blockSizeBytes: 1024, clusterBytes: 1024 });
    expect(session.run(move({ donorOffset: 2 }))).toBe('EINVAL');
    expect(session.run(move({ donorOffset: 5 }))).toBe('ok');
  });

  test('by how the files are', () => {
    const read = session.open('f', 'read');
    expect(session.run(move({ handle: read }))).toBe('EBADF');
    expect(session.run(move({ donor: read }))).toBe('EBADF');
    expect(session.run(move({ donor: file }))).toBe('EINVAL');
    session.prepare({ op: 'chmod', path: 'd', mode: 0o4644 });
    expect(session.run(move())).toBe('EINVAL');
    session.prepare({ op: 'chmod', path: 'd', mode: 0o644 });
    session.prepare({ op: 'chattr', path: 'd', immutable: false, append: true });
    expect(session.run(move())).toBe('EPERM');
    session.prepare({ op: 'chattr', path: 'd', immutable: false, append: false, extents: false });
    expect(session.run(move())).toBe('EOPNOTSUPP');
  });

  test.each([{ bigalloc: true }, { dax: true }, { journalsData: true }, { extents: false }])(
    'all files with %o',
    (options) => {
      start(options);
      expect(session.run(move())).toBe('EOPNOTSUPP');
    },
  );
});
