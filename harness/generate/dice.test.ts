import { describe, expect, it } from 'vitest';
import { Dice } from './dice.ts';
import { WeightedChoice, drawWeights, weightsOf } from './weighted-choice.ts';

/** A source that counts, so that the test depends on nothing else. */
function diceOf(seed: number): Dice {
  let state = seed;
  return new Dice({ nextInt: () => (state = (state * 48_271) % 2_147_483_647) });
}

describe('Dice', () => {
  it('stays within its bounds and reaches both', () => {
    const dice = diceOf(1);
    const seen = new Set(Array.from({ length: 1000 }, () => dice.between(-3, 4)));
    expect([...seen].sort((left, right) => left - right)).toEqual([-3, -2, -1, 0, 1, 2, 3, 4]);
    expect(Array.from({ length: 100 }, () => dice.below(1))).toEqual(new Array(100).fill(0));
    const large = Array.from({ length: 1000 }, () => dice.below(2 ** 32));
    expect(large.every((number) => Number.isInteger(number) && number >= 0 && number < 2 ** 32)).toBe(true);
    expect(Math.max(...large)).toBeGreaterThan(2 ** 31);
  });

  it('is even: 16 faces, 64,000 throws, chi squared below what one in a million exceeds', () => {
    const dice = diceOf(7);
    const counts = new Array<number>(16).fill(0);
    for (let count = 0; count < 64_000; count++) {
      const face = dice.below(16);
      counts[face] = (counts[face] ?? 0) + 1;
    }
    const chiSquared = counts.reduce((sum, count) => sum + (count - 4000) ** 2 / 4000, 0);
    expect(chiSquared).toBeLessThan(56.5);
  });

  it('goes on as if nothing had been when another dice was made of it, which has numbers of its own', () => {
    const dice = diceOf(5);
    const same = diceOf(5);
    const other = dice.fork();
    const drawn = Array.from({ length: 100 }, () => dice.next());
    expect(Array.from({ length: 100 }, () => same.next())).toEqual(drawn);
    const others = Array.from({ length: 100 }, () => other.next());
    expect(others.filter((number) => drawn.includes(number))).toEqual([]);
  });

  it('never or always happens at 0 and 100 per cent', () => {
    const dice = diceOf(3);
    for (let count = 0; count < 1000; count++) {
      expect(dice.percent(0)).toBe(false);
      expect(dice.percent(100)).toBe(true);
      expect(dice.oneIn(1)).toBe(true);
    }
  });
});

describe('WeightedChoice', () => {
  it('picks by weight, and never what weighs nothing', () => {
    const dice = diceOf(5);
    const choice = new WeightedChoice(weightsOf({ rare: 1, never: 0, often: 9 }));
    const counts = { rare: 0, never: 0, often: 0 };
    for (let count = 0; count < 10_000; count++) counts[choice.pick(dice)]++;
    expect(counts.never).toBe(0);
    // Ten standard deviations (30 each) around 1000.
    expect(Math.abs(counts.rare - 1000)).toBeLessThan(300);
    expect([choice.has('never'), choice.has('often')]).toEqual([false, true]);
    expect(() => new WeightedChoice(weightsOf({ nothing: 0 }))).toThrow(RangeError);
  });

  it('gets weights of which one in so many is zero, and never all', () => {
    const dice = diceOf(9);
    let disabled = 0;
    for (let count = 0; count < 2000; count++) {
      const drawn = drawWeights(dice, { a: 1, b: 5 }, 4);
      if (drawn.get('a') === 0) disabled++;
      expect((drawn.get('a') ?? 0) + (drawn.get('b') ?? 0)).toBeGreaterThan(0);
    }
    // A quarter of 2000, less those cases in which both were out.
    expect(disabled).toBeGreaterThan(300);
    expect(disabled).toBeLessThan(500);
  });
});
