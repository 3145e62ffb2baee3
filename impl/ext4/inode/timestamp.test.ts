import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeTime, encodeExtra, encodeSeconds } from './timestamp.ts';

// The table of Documentation/filesystems/ext4/inodes.rst, "Inode Timestamps".
test.each([
  [-1, 0xffffffff, 0],
  [-0x80000000, 0x80000000, 0],
  [0, 0, 0],
  [0x7fffffff, 0x7fffffff, 0],
  [0x80000000, 0x80000000, 1],
  [0xffffffff, 0xffffffff, 1],
  [0x100000000, 0, 1],
  [0x17fffffff, 0x7fffffff, 1],
  [0x180000000, 0x80000000, 2],
  [0x37fffffff, 0x7fffffff, 3],
])('%i seconds are stored as %i with epoch bits %i', (seconds, low, epoch) => {
  const time = { seconds, nanoseconds: 0 };
  expect([encodeSeconds(time), encodeExtra(time)]).toEqual([low, epoch]);
});

test('every representable time comes back', () => {
  const seconds = fc.integer({ min: -0x80000000, max: 0x37fffffff });
  fc.assert(
    fc.property(seconds, fc.nat(999_999_999), (s, nanoseconds) => {
      const time = { seconds: s, nanoseconds };
      expect(decodeTime(encodeSeconds(time), encodeExtra(time))).toEqual(time);
    }),
  );
});
