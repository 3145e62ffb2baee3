import { describe, expect, it } from 'vitest';
import { BLOCK_SIZES, DEFAULT_SETUP, SMALLEST_BYTES, SetupError, readSetup, timeOfStep } from './setup.ts';

describe('timeOfStep', () => {
  it('follows the rule of replay', () => {
    expect(timeOfStep(0)).toEqual({ seconds: 1_700_000_000, nanoseconds: 0 });
    expect(timeOfStep(3)).toEqual({ seconds: 1_700_000_003, nanoseconds: 23_757 });
    // 200,000 * 7919 is 1,583,800,000, which is more than a second of nanoseconds.
    expect(timeOfStep(200_000)).toEqual({ seconds: 1_700_200_000, nanoseconds: 583_800_000 });
  });
});

describe('readSetup', () => {
  it.each(BLOCK_SIZES)(
    'takes the smallest device with blocks of %i bytes, and nothing below it',
    (blockSize) => {
      const setup = { ...DEFAULT_SETUP, blockSize, sizeBytes: SMALLEST_BYTES[blockSize] };
      expect(readSetup(setup, 'here')).toEqual(setup);
      const smaller = { ...setup, sizeBytes: setup.sizeBytes - 4096 };
      expect(() => readSetup(smaller, 'here')).toThrow(SetupError);
      expect(() => readSetup(smaller, 'here')).toThrow(
        `here: $.sizeBytes: found ${smaller.sizeBytes}, expected at least ${setup.sizeBytes} with blocks of ${blockSize} bytes`,
      );
    },
  );

  it.each([
    [{ ...DEFAULT_SETUP, blockSize: 512 }, '$.blockSize: found 512, expected 1024 or 2048 or 4096'],
    [
      { ...DEFAULT_SETUP, sizeBytes: 2 ** 24 + 1 },
      '$.sizeBytes: found 16777217, expected a multiple of 4096',
    ],
    [
      { ...DEFAULT_SETUP, sizeBytes: 2 ** 40 },
      '$.sizeBytes: found 1099511627776, expected at most 17179869184',
    ],
    [{ ...DEFAULT_SETUP, inodes: 0 }, '$.inodes: found 0, expected at least 16'],
    [{ ...DEFAULT_SETUP, journal: 1 }, '$: unknown key "journal"'],
    [
      { ...DEFAULT_SETUP, mount: { delalloc: true } },
      '$.mount.dioreadNolock: found nothing, expected boolean',
    ],
    [
      {
        ...DEFAULT_SETUP,
        format: { features: ['^has_journal'] },
        mount: { ...DEFAULT_SETUP.mount, dataErr: 'abort' },
      },
      '$.mount.dataErr: found "abort", expected a journal',
    ],
    ['x', '$: found "x", expected object'],
  ])('refuses %j', (setup, message) => {
    expect(() => readSetup(setup, 'here')).toThrow(`here: ${message}`);
  });
});
