import { describe, expect, test } from 'vitest';
import { SECONDS_MAX, SECONDS_MIN, clampTime, relatimeMovesAtime } from './times.ts';

describe('what a 256 byte inode stores', () => {
  // Documentation/filesystems/ext4/inodes.rst: 34 bits of seconds, from 1901-12-13 to 2446-05-10.
  test('reaches from 1901-12-13 20:45:52 to 2446-05-10 22:38:55', () => {
    expect(new Date(SECONDS_MIN * 1000).toISOString()).toBe('1901-12-13T20:45:52.000Z');
    expect(new Date(SECONDS_MAX * 1000).toISOString()).toBe('2446-05-10T22:38:55.000Z');
  });

  test('loses its nanoseconds on either limit', () => {
    expect(clampTime({ seconds: SECONDS_MAX, nanoseconds: 5 }, 256)).toEqual({
      seconds: SECONDS_MAX,
      nanoseconds: 0,
    });
    expect(clampTime({ seconds: 2 ** 45, nanoseconds: 5 }, 256)).toEqual({
      seconds: SECONDS_MAX,
      nanoseconds: 0,
    });
    expect(clampTime({ seconds: SECONDS_MIN - 1, nanoseconds: 5 }, 256)).toEqual({
      seconds: SECONDS_MIN,
      nanoseconds: 0,
    });
    expect(clampTime({ seconds: -1, nanoseconds: 5 }, 256)).toEqual({ seconds: -1, nanoseconds: 5 });
  });
});

// mount(8), relatime: atime is updated if it is not later than mtime or ctime, or if it is more than a day old.
describe('relatime', () => {
  const at = (seconds: number) => ({ seconds, nanoseconds: 0 });
  test.each([
    ['atime equals mtime', 5, 5, 0, 6, true],
    ['atime equals ctime', 5, 0, 5, 6, true],
    ['atime is later than both', 5, 4, 4, 6, false],
    ['atime is one second less than a day old', 5, 4, 4, 5 + 86_399, false],
    ['atime is a day old', 5, 4, 4, 5 + 86_400, true],
    ['atime lies in the future', 50, 4, 4, 6, false],
  ])('%s', (_, atime, mtime, ctime, now, expected) => {
    expect(relatimeMovesAtime({ atime: at(atime), mtime: at(mtime), ctime: at(ctime) }, at(now))).toBe(
      expected,
    );
  });

  test('compares nanoseconds', () => {
    const [early, late] = [
      { seconds: 5, nanoseconds: 1 },
      { seconds: 5, nanoseconds: 2 },
    ];
    expect(relatimeMovesAtime({ atime: late, mtime: early, ctime: early }, at(6))).toBe(false);
    expect(relatimeMovesAtime({ atime: early, mtime: late, ctime: early }, at(6))).toBe(true);
  });
});
