import type { BlockSize } from '../../setup.ts';
import { setupOf, type RaceMode } from '../modes.ts';
import type { RaceProgram } from '../program.ts';
import { BUFFERED_RACES } from './buffered.ts';
import { DIRECT_RACES } from './direct.ts';
import { PLACE_RACES } from './places.ts';
import type { NamedRace } from './script.ts';

export const CATALOGUE: readonly NamedRace[] = [...BUFFERED_RACES, ...DIRECT_RACES, ...PLACE_RACES];

/** A catalogued race in a mode, with blocks of a size. */
export const programOf = (
  race: NamedRace,
  mode: RaceMode,
  blockSize: BlockSize,
  faults: readonly string[],
): RaceProgram => ({
  setup: setupOf(mode, blockSize),
  target: mode.target,
  faults,
  ...race.script(blockSize),
});
