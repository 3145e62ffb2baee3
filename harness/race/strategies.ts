import fc from 'fast-check';
import type { Chooser, ScheduledTask } from './schedule.ts';

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seed for each number, from 0, of what one seed is for. */
export const mixed = (seed: number, number: number): number => (Math.imul(seed, 0x9e3779b1) + number) | 0;

/** Anybody goes on at any decision, but he who runs with probability `stay`. */
export function randomWalk(seed: number, stay: number): Chooser {
  const next = numbersFrom(seed);
  return (_at, { options }) => (next() < stay ? 0 : Math.floor(next() * options));
}

/**
 * PCT (Burckhardt et al., 2010): every task has a priority, drawn anew, and the highest that can goes on. At `changes`
 * decisions among the first `length`, drawn anew, whoever would go on falls below all others. Finds a bug that needs
 * d orderings of events with a probability of 1 / (tasks * length^(d - 1)) at least.
 */
export function priorities(seed: number, length: number, changes: number): Chooser {
  const next = numbersFrom(seed);
  const known = new Map<number, number>();
  const points = new Set(Array.from({ length: changes }, () => Math.floor(next() * Math.max(1, length))));
  let lowest = 0;
  const priorityOf = ({ id }: ScheduledTask): number => {
    const given = known.get(id) ?? 1 + next();
    known.set(id, given);
    return given;
  };
  const highest = (runnable: readonly ScheduledTask[]): number => {
    const all = runnable.map(priorityOf);
    return all.indexOf(Math.max(...all));
  };
  return (at, { options }, runnable, start) => {
    let place = highest(runnable);
    const favourite = runnable[place];
    if (points.has(at) && favourite !== undefined) {
      known.set(favourite.id, --lowest);
      place = highest(runnable);
    }
    return (place - start + options) % options;
  };
}

const CHOICES_MAX = 120;
const OPTIONS_MAX = 6;

/** Schedules as fast-check draws and shrinks them: mostly zeros, so that shrinking finds the fewest preemptions. */
export const schedules = (): fc.Arbitrary<readonly number[]> =>
  fc.array(
    fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(OPTIONS_MAX) }),
    { maxLength: CHOICES_MAX, size: 'max' },
  );
