import type { Bug, PlantedBug } from '../bug.ts';
import { AFTER_END } from './after-end.ts';
import { BELOW_FOLIO } from './below-folio.ts';
import { MAPPINGS } from './mappings.ts';
import { MORE } from './more.ts';
import { OURS } from './ours.ts';
import { RACES } from './races.ts';
import { SIZES } from './sizes.ts';
import { UNWRITTEN } from './unwritten.ts';

/** Every bug that the harness is measured by. */
export const BUGS: readonly Bug[] = [
  ...AFTER_END,
  ...SIZES,
  ...BELOW_FOLIO,
  ...MAPPINGS,
  ...UNWRITTEN,
  ...RACES,
  ...MORE,
  ...OURS,
];

export const isPlanted = (bug: Bug): bug is PlantedBug => bug.kind === 'planted';

/** Those of them that can be switched on. */
export const PLANTED_BUGS: readonly PlantedBug[] = BUGS.filter(isPlanted);
