import type { Sleepable } from '../../sched/sleepable.ts';
import type { ClearRun } from './bitmap.ts';
import type { BlockGroup } from './block-group.ts';
import { EXT4_FLEX_SIZE_DIR_ALLOC_SCHEME } from './inode-goal.ts';
import type { HeldRun } from './preallocation.ts';

/** After so many groups a run that is enough will do, though it is not all that is wanted (s_mb_max_to_scan). */
const GROUPS_MAX = 200;

/** What is looked for; all counts are of clusters. */
export interface Wanted {
  /** The group in which to look first. */
  readonly group: number;
  /** Where the run should start if that is free, a cluster of `group`; -1 for anywhere. */
  readonly goal: number;
  readonly length: number;
  /** Less than this is of no use while there are groups to look at. */
  readonly least: number;
  /** Less than this is not taken at the goal. */
  readonly leastAtGoal: number;
  /** The run is for a file that may grow: aligned, and with up to so much room behind it; 0 for the first fit. */
  readonly room: number;
}

/**
 * Looks through the groups, the first one first (ext4_mb_regular_allocator with its criteria in one pass): at the goal; a
 * run that is long enough in a group that is not kept for directories; in one that is; the longest there is. What is
 * found is free at that moment, and perhaps not any more if this slept after it was seen.
 */
export function* searchGroups(
  groups: readonly BlockGroup[],
  groupsPerFlex: number,
  wanted: Wanted,
): Sleepable<HeldRun | null> {
  let second: HeldRun | null = null;
  let longest: HeldRun | null = null;
  for (let step = 0; step < groups.length; step++) {
    const group = groups[(wanted.group + step) % groups.length];
    if (group === undefined || group.free === 0) continue;
    if (!group.loaded) yield* group.bitmap();
    if (step === 0 && wanted.goal >= 0) {
      const length = group.freeAt(wanted.goal, wanted.length);
      if (length >= wanted.leastAtGoal) return { group, start: wanted.goal, length };
    }
    if (group.longestBound < Math.min(wanted.length, 1 + (longest?.length ?? 0))) continue;
    const run = find(group, wanted);
    if (run.length >= wanted.length) {
      if (!keptForDirectories(group, groupsPerFlex, wanted)) return { group, ...run };
      second ??= { group, ...run };
    } else if (run.length > (longest?.length ?? 0)) longest = { group, ...run };
    if (step >= GROUPS_MAX && (second !== null || (longest?.length ?? 0) >= wanted.least)) break;
  }
  return second ?? longest;
}

const find = (group: BlockGroup, { length, room }: Wanted): ClearRun =>
  room > 0 ? group.findRegion(length, room) : group.findFirst(length);

const keptForDirectories = ({ number }: BlockGroup, groupsPerFlex: number, { room }: Wanted): boolean =>
  room > 0 && groupsPerFlex >= EXT4_FLEX_SIZE_DIR_ALLOC_SCHEME && number % groupsPerFlex === 0;
