import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { AllocationRequest, BlockRun } from '../allocation/block-allocator.ts';
import { beforeClusterOf, impliedPlace, nextMapped } from '../extents/clusters.ts';
import { placementGoal } from '../extents/goal.ts';
import { maxLength, type Extent } from '../extents/node.ts';
import { leafOf, type Path } from '../extents/path.ts';
import { splice } from '../extents/splice.ts';
import { TreeEdit } from '../extents/tree-edit.ts';
import { isRegular, type Inode } from '../inode/inode.ts';
import { allocateData } from './allocate-data.ts';
import type { StatusExtent } from './extent-status.ts';

/** A run of blocks without a place, at the end of a path into the tree. */
export interface Unplaced {
  readonly logical: number;
  readonly length: number;
  /** Delayed: space was promised. */
  readonly promised: boolean;
}

/** Where blocks go. */
interface Place {
  readonly physical: number;
  readonly length: number;
  /** Whole clusters that were allocated for it; null when one that the file has already serves. */
  readonly run: BlockRun | null;
}

/** Places the start of `hole`, delayed or not, and puts the extent into the tree (the second half of ext4_ext_map_blocks). */
export function* placeBlocks(
  handle: Handle,
  inode: Inode,
  path: Path,
  hole: Unplaced,
  unwritten: boolean,
): Sleepable<StatusExtent> {
  const { logical, promised } = hole;
  const place = yield* findPlace(handle, inode, path, hole, maxLength(unwritten));
  const { physical, length, run } = place;
  const edit = new TreeEdit(handle, inode, promised);
  // What has been placed is not promised any more: counted twice, it would leave nothing for the tree.
  const kept = promised && run !== null ? clusters(inode, run.length) : 0;
  const { freeSpace } = inode.sb;
  freeSpace.reserved -= kept;
  try {
    yield* insertOrFree(edit, path, { logical, length, physical, unwritten }, run);
  } finally {
    freeSpace.reserved += kept;
    yield* edit.finish();
  }
  return { logical, length, physical, state: unwritten ? 'unwritten' : 'written' };
}

const clusters = (inode: Inode, blocks: number): number => Math.ceil(blocks / inode.sb.geometry.clusterRatio);

function* findPlace(
  handle: Handle,
  inode: Inode,
  path: Path,
  hole: Unplaced,
  longest: number,
): Sleepable<Place> {
  const { logical } = hole;
  const { clusterRatio } = inode.sb.geometry;
  const offset = logical % clusterRatio;
  const wanted = Math.min(hole.length, longest);
  const implied = yield* impliedPlace(inode, path, logical);
  if (implied !== null) {
    return { physical: implied, length: Math.min(wanted, clusterRatio - offset), run: null };
  }
  const alone = Math.min(wanted, beforeClusterOf(inode, logical, nextMapped(inode, path)));
  // The cluster's first block first, so that the others have their places in it.
  const whole = { logical: logical - offset, length: offset + alone, promised: hole.promised };
  const run = yield* allocateData(handle, inode, requestFor(inode, path, whole));
  return { physical: run.start + offset, length: Math.min(run.length - offset, alone), run };
}

/** Where the wanted blocks should lie, and between which others they are. */
function requestFor(inode: Inode, path: Path, { logical, length, promised }: Unplaced): AllocationRequest {
  const { node, slot } = leafOf(path);
  const before = slot < 0 ? null : node.extent(slot);
  const place = {
    logical,
    leftEnd: before === null ? 0 : before.logical + before.length,
    rightStart: nextMapped(inode, path),
    near: node.count > 0,
  };
  const goal = placementGoal(inode, path, logical);
  return {
    goal,
    length,
    useKeptBack: promised,
    metadata: false,
    place: isRegular(inode.mode) ? place : null,
  };
}

/** When the tree has no place for the extent, what was allocated is given back, and i_blocks has not changed. */
function* insertOrFree(edit: TreeEdit, path: Path, extent: Extent, run: BlockRun | null): Sleepable<void> {
  const { handle, inode } = edit;
  try {
    yield* splice(edit, path, extent.logical, 'insert', [extent]);
  } catch (error) {
    if (run !== null) {
      if (inode.mapping.faults.has('failed-insert-counts-blocks')) edit.account(run.length);
      yield* inode.sb.blockAllocator.free(handle, inode, run.start, run.length, { metadata: false });
    }
    throw error;
  }
  if (run !== null) edit.account(run.length);
}
