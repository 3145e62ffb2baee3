import { expect, test } from 'vitest';
import { KernelClock } from './kernel-clock.ts';

const told = (seconds: number) => ({ seconds, nanoseconds: 7 });
const stamp = (microseconds: number) => ({
  seconds: Math.floor(microseconds / 1_000_000),
  nanoseconds: (microseconds % 1_000_000) * 1000 + 999,
});

/** Some day in 2026, in microseconds. */
const DAY = 1_795_000_000_250_000;

test('a stamp stands for what the operation was told while it ran', () => {
  const clock = new KernelClock(false);
  clock.record(told(5), DAY, DAY + 100);
  clock.record(told(6), DAY + 200, DAY + 300);
  expect([DAY - 1, DAY, DAY + 100, DAY + 101, DAY + 200].map((at) => clock.same(told(5), stamp(at)))).toEqual(
    [false, true, true, false, false],
  );
  expect(clock.same(told(6), stamp(DAY + 200))).toBe(true);
  expect(clock.same(told(7), stamp(DAY))).toBe(false);
});

test('what was set by number is kept to the nanosecond', () => {
  const clock = new KernelClock(false);
  expect(clock.same(told(5), told(5))).toBe(true);
  expect(clock.same(told(5), { seconds: 5, nanoseconds: 8 })).toBe(false);
});

test('operations that were told the same time share a window', () => {
  const clock = new KernelClock(false);
  clock.record(told(5), DAY, DAY + 10);
  clock.record(told(5), DAY + 500, DAY + 510);
  expect(clock.same(told(5), stamp(DAY + 505))).toBe(true);
});

test('what an operation would have stamped may be an earlier stamp, or what was set by number', () => {
  const clock = new KernelClock(false);
  clock.record(told(5), DAY, DAY + 10);
  clock.recordOlder(told(5));
  const far = { seconds: 2 ** 32, nanoseconds: 1 };
  expect([stamp(DAY - 1), stamp(DAY + 11), far].map((time) => clock.same(told(5), time))).toEqual([
    true,
    false,
    true,
  ]);
});

test('with whole seconds the second is all that must be right', () => {
  const clock = new KernelClock(true);
  clock.record(told(5), DAY, DAY + 100);
  const second = { seconds: Math.floor(DAY / 1_000_000), nanoseconds: 0 };
  expect(clock.same({ seconds: 5, nanoseconds: 0 }, second)).toBe(true);
  expect(clock.same({ seconds: 5, nanoseconds: 0 }, { ...second, seconds: second.seconds - 1 })).toBe(false);
});
