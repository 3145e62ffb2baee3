import type { Unperformed } from '../unperformed.ts';
import type { Dice } from './dice.ts';

/** How unusual the ways are in which a run reads and writes. Of 100 each. */
export interface TransferChances {
  /** Opens past the page cache (O_DIRECT). */
  readonly directPercent: number;
  /** Opens with O_SYNC or O_DSYNC. */
  readonly syncPercent: number;
  /** Transfers with flags of preadv2 and pwritev2. */
  readonly rwfPercent: number;
  /** Transfers with a buffer in pieces, one that ends early, or one at an odd address. */
  readonly bufferPercent: number;
}

/** Half of the runs have nothing of it. */
export function drawTransferChances(dice: Dice, unperformed: Unperformed): TransferChances {
  const usual = dice.oneIn(2);
  const drawn = drawOddChances(dice, unperformed);
  return usual ? NONE : drawn;
}

/** Of each kind half of the runs have nothing. */
export function drawOddChances(dice: Dice, unperformed: Unperformed): TransferChances {
  const drawn = {
    directPercent: dice.pick([0, 0, 10, 40]),
    syncPercent: dice.pick([0, 0, 5, 20]),
    rwfPercent: dice.pick([0, 0, 10, 40]),
    bufferPercent: dice.pick([0, 0, 5, 20]),
  };
  const odd = unperformed.has('pieces') && unperformed.has('fault') && unperformed.has('misaligned');
  return {
    directPercent: unperformed.has('open direct') ? 0 : drawn.directPercent,
    syncPercent: unperformed.has('open sync') ? 0 : drawn.syncPercent,
    rwfPercent: unperformed.has('rwf') ? 0 : drawn.rwfPercent,
    bufferPercent: odd ? 0 : drawn.bufferPercent,
  };
}

const NONE: TransferChances = { directPercent: 0, syncPercent: 0, rwfPercent: 0, bufferPercent: 0 };
