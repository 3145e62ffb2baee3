import { hasFeature } from '../format.ts';
import { sequenceSeed } from '../generate-sequence.ts';
import type { DeviceTrouble, Setup } from '../setup.ts';

const SECTOR_BYTES = 512;

/**
 * The setup of the sequence with this seed, on a device that goes wrong. One that is mapped directly makes no transfers, and stays as it
 * is. What goes wrong is drawn apart from the sequence, which is the same on a device that is well.
 */
export function inTrouble(setup: Setup, seed: number): Setup {
  const { mount, sizeBytes } = setup;
  if (mount.dax === true) return setup;
  return {
    ...setup,
    mount: abortsOnLoss(setup, seed) ? { ...mount, dataErr: 'abort' } : mount,
    trouble: troubleOf(seed, sizeBytes / SECTOR_BYTES),
  };
}

/** In one of four file systems that have a journal, a lost writeback aborts it. */
const abortsOnLoss = ({ format }: Setup, seed: number): boolean =>
  hasFeature(format, 'has_journal') && (sequenceSeed(~seed, 2) >>> 0) % 4 === 0;

/** How many transfers fail: one, a few, or all from then on. */
const LENGTHS = [1, 3, 1_000_000_000] as const;

/** How many operations there are after the first transfer that fails; after many of them somebody has mostly been told what was lost. */
const OPERATIONS_AFTER = [undefined, 0, 1, 3, 8] as const;

/** A read or a write that fails, early or late in the sequence, or an end that comes too early. */
function troubleOf(seed: number, sectors: number): DeviceTrouble {
  const dice = sequenceSeed(~seed, 0) >>> 0;
  const trouble = whatFails(dice, sectors);
  const operationsAfter = OPERATIONS_AFTER[(sequenceSeed(~seed, 1) >>> 0) % OPERATIONS_AFTER.length];
  return operationsAfter === undefined ? trouble : { ...trouble, operationsAfter };
}

function whatFails(dice: number, sectors: number): DeviceTrouble {
  // A sequence makes few transfers: what fails first is drawn on a scale of powers of two, so that most troubles come to pass.
  const from = (dice >>> 7) % (2 << ((dice >>> 4) % 5));
  const span = { from, to: from + (LENGTHS[(dice >>> 12) % LENGTHS.length] ?? 1) };
  switch (dice % 5) {
    case 0:
    case 1:
      return { reads: span };
    case 2:
    case 3:
      return { writes: span };
    default:
      return { endsAt: Math.floor((sectors * (1 + ((dice >>> 14) % 15))) / 16) };
  }
}
