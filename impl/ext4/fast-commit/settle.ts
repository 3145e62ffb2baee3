import type { Sleepable } from '../../sched/sleepable.ts';
import { readTree } from '../extents/check-tree.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { EXT4_EXTENTS_FL, isRegular, type Inode } from '../inode/inode.ts';
import type { Change } from './changes.ts';
import type { ReplayState } from './replay-state.ts';

/** Bitmap and descriptor; a run lies in one group. */
const RUN_CREDITS = 2;

/**
 * Blocks that any fast commit maps are taken before anything else happens, so that no directory and no extent tree gets them
 * meanwhile (ext4_fc_record_regions).
 */
export function* claimRanges(state: ReplayState, changes: readonly Change[]): Sleepable<void> {
  const { blockAllocator, geometry } = state.sb;
  for (const change of changes) {
    if (change.kind !== 'add-range') continue;
    const { physical, length } = change.extent;
    const groups = 2 + Math.ceil(length / geometry.blocksPerGroup);
    const taken = yield* state.update(RUN_CREDITS * groups, (handle) =>
      blockAllocator.claim(handle, physical, length),
    );
    for (const run of taken) state.loose.add(run.start, run.length);
  }
}

/** What the changed files map is theirs, what else was moved about is free (ext4_fc_set_bitmaps_and_counters). */
export function* settleBlocks(state: ReplayState): Sleepable<void> {
  const { blockAllocator } = state.sb;
  for (const inode of state.modified) yield* keepBlocks(state, inode);
  for (const { start, length } of state.loose.runs()) {
    yield* state.update(RUN_CREDITS, (handle) =>
      blockAllocator.free(handle, null, start, length, { metadata: false }),
    );
  }
}

/** The allocator may have made other decisions about the tree's blocks: i_blocks is counted (ext4_ext_replay_set_iblocks). */
function* keepBlocks(state: ReplayState, inode: Inode): Sleepable<void> {
  if (!isRegular(inode.mode) || (inode.flags & EXT4_EXTENTS_FL) === 0) return;
  const { clusterRatio } = state.sb.geometry;
  const { extents, treeBlocks } = yield* readTree(inode);
  let clusters = treeBlocks.length + (inode.xattrBlock === 0 ? 0 : 1);
  let lastCluster = -1;
  for (const { logical, physical, length } of extents) {
    state.loose.delete(physical, length);
    const first = Math.floor(logical / clusterRatio);
    const last = Math.floor((logical + length - 1) / clusterRatio);
    clusters += last - first + (first === lastCluster ? 0 : 1);
    lastCluster = last;
  }
  inode.sectors = clusters * inode.clusterSectors;
  yield* state.update(1, (handle) => markInodeDirty(handle, inode));
}
