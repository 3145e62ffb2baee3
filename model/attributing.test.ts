import { beforeEach, describe, expect, test } from 'vitest';
import type { SetTime } from './operation.ts';
import { Session } from './testing.ts';
import { SECONDS_MAX } from './times.ts';

let session: Session;

beforeEach(() => {
  session = new Session();
  session.file('f');
  session.prepare({ op: 'mkdir', path: 'd', mode: 0o755 }, { op: 'symlink', target: 'f', path: 'toF' });
});

describe('chmod', () => {
  test('sets every bit for root, follows a link, and moves ctime', () => {
    expect(session.movedBy('f', { op: 'chmod', path: 'toF', mode: 0o7777 })).toEqual(['ctime']);
    expect(session.lstat('f').mode).toBe(0o7777);
    expect(session.lstat('toF').mode).toBe(0o777);
  });
});

// chown(2): the set-user-ID and set-group-ID bits are cleared, the latter where the group may execute. It is up to
// the kernel for root, and Linux (6.18.44) does it; also when both ids stay, and never for a directory.
describe('chown', () => {
  test.each([
    ['f', 0o6755, 0o755],
    ['f', 0o6745, 0o2745],
    ['f', 0o2644, 0o2644],
    ['f', 0o5777, 0o1777],
    ['d', 0o6755, 0o6755],
  ])('of %s with mode %o', (path, mode, expected) => {
    for (const [uid, gid] of [
      [5, 6],
      [-1, -1],
    ] as const) {
      session.prepare({ op: 'chmod', path, mode });
      expect(session.movedBy(path, { op: 'chown', path, uid, gid })).toEqual(['ctime']);
      expect(session.lstat(path)).toMatchObject({ mode: expected, uid: 5, gid: 6 });
    }
  });
});

describe('utimens', () => {
  const set = (atime: SetTime, mtime: SetTime, path = 'f') =>
    ({ op: 'utimens', path, atime, mtime }) as const;
  const then = { seconds: 5, nanoseconds: 6 };

  test('sets, clamps, leaves or takes the time, and moves ctime', () => {
    session.prepare(set(then, { seconds: 2 ** 40, nanoseconds: 9 }));
    const { now } = session;
    const mtime = { seconds: SECONDS_MAX, nanoseconds: 0 };
    expect(session.lstat('f')).toMatchObject({ atime: then, mtime, ctime: now });
    expect(session.movedBy('f', set('now', 'omit', 'toF'))).toEqual(['atime', 'ctime']);
    expect(session.lstat('f')).toMatchObject({ mtime });
  });

  // utimensat(2): with both times omitted, success without a look at the file. Linux 6.18.44: not even at the path.
  test('of nothing succeeds on anything', () => {
    expect(session.run(set('omit', 'omit', 'none/x'))).toBe('ok');
    expect(session.run(set('omit', 'omit', ''))).toBe('ok');
    expect(session.run(set('now', 'omit', ''))).toBe('ENOENT');
    expect(session.movedBy('f', set('omit', 'omit'))).toEqual([]);
  });
});
