import { describe, expect, test } from 'vitest';
import { BusyWait } from './busy-wait.ts';

/** A clock that a look moves on by so many milliseconds, and somebody who comes at a time. */
function world(comesAt: () => number) {
  let time = 0;
  let looks = 0;
  const wait = new BusyWait(() => time);
  const look = (): 'request' | null => {
    looks++;
    time += 0.01;
    return time >= comesAt() ? 'request' : null;
  };
  return {
    watch: () => wait.watch(look),
    now: () => time,
    looksOf: (work: () => void) => {
      const before = looks;
      work();
      return looks - before;
    },
  };
}

describe('waiting without sleep', () => {
  test('finds whoever comes soon', () => {
    const { watch } = world(() => 0.05);
    expect(watch()).toBe('request');
  });

  test('looks for a tenth of a millisecond and no longer', () => {
    const { watch, now } = world(() => Infinity);
    expect(watch()).toBeNull();
    expect(now()).toBeGreaterThanOrEqual(0.1);
    expect(now()).toBeLessThan(0.13);
  });

  test('seldom looks when nobody comes', () => {
    const { watch, looksOf } = world(() => Infinity);
    const looks = looksOf(() => {
      for (let i = 0; i < 5000; i++) watch();
    });
    // Of the first 2047 waits it looks in eleven, and then in one of 1025.
    expect(looks).toBeLessThanOrEqual(14 * 12);
    expect(looks).toBeGreaterThan(11);
  });

  test('looks always again when somebody comes soon once more', () => {
    let comesAt = Infinity;
    const { watch, looksOf } = world(() => comesAt);
    for (let i = 0; i < 5000; i++) watch();
    comesAt = 0;
    for (let i = 0; i < 5000; i++) watch();
    expect(looksOf(() => watch())).toBe(1);
  });
});
