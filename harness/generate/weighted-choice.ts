import type { Dice } from './dice.ts';

/** Weights by name, in an order that draws depend on: a name that is set again keeps its place. */
export type Weights<Name extends string> = Map<Name, number>;

/** The weights of a table. */
export const weightsOf = <Name extends string>(table: Readonly<Record<Name, number>>): Weights<Name> =>
  new Map(Object.entries(table) as [Name, number][]);

/** A choice among names with weights of whole numbers; at least one weight must be positive. */
export class WeightedChoice<Name extends string> {
  readonly #names: Name[] = [];
  readonly #ends: number[] = [];
  readonly #total: number;

  constructor(weights: ReadonlyMap<Name, number>) {
    let total = 0;
    for (const [name, weight] of weights) {
      if (weight <= 0) continue;
      total += weight;
      this.#names.push(name);
      this.#ends.push(total);
    }
    if (total === 0) throw new RangeError('every weight is zero');
    this.#total = total;
  }

  /** Whether `name` can be picked at all. */
  has(name: Name): boolean {
    return this.#names.includes(name);
  }

  pick(dice: Dice): Name {
    const number = dice.below(this.#total);
    let index = 0;
    while ((this.#ends[index] ?? Infinity) <= number) index++;
    return this.#names[index] as Name;
  }
}

/** How much finer drawn weights are than the usual ones, so that an eighth of 1 is a whole number, too. */
export const WEIGHT_SCALE = 8;

/**
 * Weights for one run: one in `disabledIn` names is out altogether, the others get up to `most` times or down to an
 * eighth of their usual weight, scaled. Runs that do a few things often find what runs that do everything a little do
 * not. They join those of `drawn`: a Map, because objects with as many names as there are operations are slow to make.
 */
export function drawWeights<Name extends All, All extends string = Name>(
  dice: Dice,
  usual: Readonly<Record<Name, number>>,
  disabledIn: number,
  most: 2 | 8 = 8,
  drawn: Weights<All> = new Map<All, number>(),
): Weights<All> {
  let total = 0;
  for (const name in usual) {
    // From an eighth up, in units of an eighth: a shift, where a power would be a call of the mathematics library.
    const eighths = 1 << (3 + dice.between(-3, most === 8 ? 3 : 1));
    const weight = dice.oneIn(disabledIn) ? 0 : Math.ceil((usual[name] * WEIGHT_SCALE * eighths) / 8);
    drawn.set(name, weight);
    total += weight;
  }
  if (total === 0) for (const name in usual) drawn.set(name, usual[name]);
  return drawn;
}
