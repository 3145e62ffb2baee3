/** What seeds the dice: fast-check's Random is one. */
export interface RandomSource {
  /** A uniform integer, min .. max. */
  nextInt(min: number, max: number): number;
}

const INT_MIN = -(2 ** 31);
const INT_MAX = 2 ** 31 - 1;

/**
 * Random numbers for one sequence, all drawn from a state that fast-check's generator fills once: its own numbers are
 * uniform over any range, which costs more than a whole operation may. The algorithm is sfc32 (Doty-Humphrey).
 */
export class Dice {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(source: RandomSource) {
    this.#a = source.nextInt(INT_MIN, INT_MAX);
    this.#b = source.nextInt(INT_MIN, INT_MAX);
    this.#c = source.nextInt(INT_MIN, INT_MAX);
    // Twelve rounds are what sfc32's author asks for until a poor seed no longer shows.
    for (let round = 0; round < 12; round++) this.next();
  }

  /** Another dice, whose numbers have nothing to do with those that come of this one: this one goes on as if nobody had asked. */
  fork(): Dice {
    const parts = [this.#a, this.#b, this.#c];
    return new Dice({ nextInt: () => ~(parts.pop() ?? 0) });
  }

  /** 0 .. 2^32 - 1. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** 0 .. count - 1, for 1 <= count <= 2^32. The bias of at most count / 2^32 does not matter here. */
  below(count: number): number {
    return Math.floor((this.next() / 2 ** 32) * count);
  }

  /** min .. max. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  percent(chance: number): boolean {
    return this.next() < chance * (2 ** 32 / 100);
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }
}
