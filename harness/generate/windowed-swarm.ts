import type { Unperformed } from '../unperformed.ts';
import type { Dice } from './dice.ts';
import type { PatternName, Swarm } from './swarm.ts';
import { drawOddChances } from './transfer-chances.ts';
import { WeightedChoice, drawWeights } from './weighted-choice.ts';

/** Usual weights of the patterns that are about the bytes of one file. */
const PATTERNS = {
  walk: 8,
  'read-back': 3,
  'shrink-and-grow': 4,
  overwrite: 2,
  holes: 4,
  reserve: 3,
  'move-contents': 2,
  copies: 1,
  'past-cache': 2,
  'flush-range': 1,
  pressure: 2,
  'stray-store': 3,
  'cut-mapping': 3,
  mosaic: 12,
} satisfies Partial<Record<PatternName, number>>;

/** A few descriptors of one file are open at once. */
const HANDLES_MIN = 4;

/**
 * What a run is like in which operations meet in windows: as any other, but that nothing is left out of what is done to the bytes
 * of a file. Between the windows it is the run that it would have been.
 */
export function windowedSwarm(dice: Dice, swarm: Swarm, unperformed: Unperformed): Swarm {
  return {
    ...swarm,
    hasWindows: true,
    patterns: new WeightedChoice<PatternName>(drawWeights(dice, PATTERNS, 4)),
    patternPercent: dice.pick([0, 3, 6]),
    mistakePercent: Math.min(swarm.mistakePercent, 4),
    seekDataPercent: unperformed.has('seek data') ? 0 : dice.pick([20, 60, 90]),
    transfers: drawOddChances(dice, unperformed),
    handlesMax: Math.max(HANDLES_MIN, swarm.handlesMax),
  };
}
