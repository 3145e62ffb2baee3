import { Dice } from './dice.ts';
import { sequenceSeed } from '../generate-sequence.ts';

/** The dice that belong to a seed. */
export function seededDice(seed: number): Dice {
  let count = 0;
  return new Dice({ nextInt: () => sequenceSeed(seed, count++) });
}
