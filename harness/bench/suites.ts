import type { Suite } from './contest.ts';
import { GROWTH_SUITE } from './growth/suite.ts';
import { HARNESS_SUITE } from './harness/suite.ts';
import { METADATA_SUITE } from './metadata/suite.ts';
import { PATHS_SUITE } from './paths/suite.ts';
import { PEERS_SUITE } from './peers/suite.ts';

/** What `twinpath bench` can measure besides sequences. */
export const SUITES: readonly Suite[] = [
  PATHS_SUITE,
  METADATA_SUITE,
  GROWTH_SUITE,
  HARNESS_SUITE,
  PEERS_SUITE,
];
