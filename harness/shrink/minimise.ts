import type { Operation } from '../../model/index.ts';
import { movePlaces, simplifyArguments, simplifyEqualNumbers } from './arguments.ts';
import { flattenDirectories, shortenNames, straightenPaths } from './paths.ts';
import { deltaDebug, removeGroups, removePairs, removeSingles } from './removal.ts';
import { giveOffsets } from './position.ts';
import { Search, SearchEnded, type MinimiseOptions, type StillFails } from './search.ts';
import { foldSyncs } from './synchronous.ts';
import {
  gatherAmounts,
  mergeHandles,
  mergeWrites,
  removeAndGrow,
  renumber,
  replaceByCheaper,
} from './structure.ts';

export type { MinimiseOptions, MinimiseProgress, StillFails } from './search.ts';

/** The smallest sequence that was found. */
export interface Minimised {
  /** The given ones, or a smaller sequence of which `stillFails` said yes. */
  readonly operations: readonly Operation[];
  /** How often `stillFails` was asked. */
  readonly runs: number;
  /** `fixpoint`: no pass finds anything smaller. */
  readonly ended: 'fixpoint' | 'budget' | 'aborted';
}

type Pass = (search: Search) => Promise<void>;

/** In this order: fewer operations first, because everything after costs a run for each operation that is left. */
const PASSES: readonly (readonly [name: string, pass: Pass])[] = [
  ['removing operations', deltaDebug],
  ['removing kinds', removeGroups],
  ['removing single operations', removeSingles],
  ['removing pairs', removePairs],
  ['merging descriptors', mergeHandles],
  ['merging writes', mergeWrites],
  ['gathering amounts', gatherAmounts],
  ['folding syncs', foldSyncs],
  ['removing with larger amounts', removeAndGrow],
  ['giving offsets', giveOffsets],
  ['replacing operations', replaceByCheaper],
  ['flattening directories', flattenDirectories],
  ['straightening paths', straightenPaths],
  ['shortening names', shortenNames],
  ['moving offsets', movePlaces],
  ['simplifying numbers', simplifyEqualNumbers],
  ['simplifying arguments', simplifyArguments],
  ['renumbering', renumber],
];

/**
 * Makes a failing sequence smaller: fewer operations, then simpler ones. Every candidate that is kept is strictly
 * smaller (measure.ts) and was seen to fail, so the answer is never larger and the search always ends. Candidates are
 * tried once only; a predicate that changes its mind cannot keep it going.
 */
export async function minimise(
  operations: readonly Operation[],
  stillFails: StillFails,
  options: MinimiseOptions,
): Promise<Minimised> {
  const search = new Search(operations, stillFails, options);
  try {
    await toFixpoint(search);
  } catch (error) {
    if (!(error instanceof SearchEnded)) throw error;
    return { operations: search.current, runs: search.runs, ended: error.reason };
  }
  return { operations: search.current, runs: search.runs, ended: 'fixpoint' };
}

async function toFixpoint(search: Search): Promise<void> {
  let before: readonly Operation[];
  do {
    before = search.current;
    for (const [name, pass] of PASSES) {
      search.pass = name;
      await pass(search);
    }
  } while (search.current !== before);
}
