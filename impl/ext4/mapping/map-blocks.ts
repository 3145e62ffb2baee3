import { assert, present } from '../../lib/assert.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { ready, type Sleepable } from '../../sched/sleepable.ts';
import { isMapped, NOWHERE, type ExtentState, type StatusExtent } from './extent-status.ts';
import { MAX_BLOCKS } from '../extents/check-node.ts';
import { convertToWritten } from '../extents/convert.ts';
import { placementGoal } from '../extents/goal.ts';
import { maxLength, type Extent } from '../extents/node.ts';
import { findPath, leafOf, nextKey, type Path } from '../extents/path.ts';
import { splice } from '../extents/splice.ts';
import { TreeEdit } from '../extents/tree-edit.ts';
import type { AllocationRequest, BlockRun } from '../allocation/block-allocator.ts';
import { isRegular, type Inode } from '../inode/inode.ts';
import { releaseReservation } from './reservation.ts';

/**
 * What mapBlocks may do about blocks that are not as wanted.
 * - `lookup`: nothing.
 * - `create`: allocate written blocks; unwritten ones become written. The caller fills them in the same transaction.
 * - `create-unwritten`: allocate unwritten blocks.
 * - `convert`: unwritten blocks become written, because their data has reached the disk; holes stay.
 */
export type MapMode = 'lookup' | 'create' | 'create-unwritten' | 'convert';

/** One run of blocks in one state (struct ext4_map_blocks). */
export interface BlockMapping {
  readonly type: ExtentState;
  readonly logical: number;
  /** Blocks, at least 1, at most what was asked for. */
  readonly length: number;
  /** First block on the device, or NOWHERE for holes and delayed blocks. */
  readonly physical: number;
  /** What lies in the blocks on the disk is not the file's: just allocated, or unwritten until this call. */
  readonly isNew: boolean;
  /** i_es_seq when the mapping was right: it is wrong as soon as inode.extentStatus.sequence has moved on (or may be). */
  readonly sequence: number;
}

/** Modes in which the answer changes nothing when a block is in this state. */
const ANSWERED: Readonly<Record<MapMode, readonly ExtentState[]>> = {
  lookup: ['written', 'unwritten', 'delayed', 'hole'],
  create: ['written'],
  'create-unwritten': ['written', 'unwritten'],
  convert: ['written', 'delayed', 'hole'],
};

/**
 * Where the blocks from `logical` on are (ext4_map_blocks): the longest run in one state, at most `length` blocks. With
 * a mode that changes something, `handle` has mapCredits(inode, length) credits left. Takes dataLock. Allocation uses
 * up the promises of the delayed blocks it covers, and may then use the space kept back. Fails with ENOSPC, EIO.
 */
export function mapBlocks(
  handle: Handle | null,
  inode: Inode,
  logical: number,
  length: number,
  mode: MapMode,
): Sleepable<BlockMapping> {
  assert(length > 0 && logical >= 0 && logical < MAX_BLOCKS, () => `mapping ${length} blocks at ${logical}`);
  const known = inode.extentStatus.lookup(logical);
  if (known !== null && ANSWERED[mode].includes(known.state))
    return ready(mapping(inode, known, logical, length, false));
  if (mode === 'lookup') return lookUp(inode, logical, length);
  return change(present(handle, 'handle'), inode, logical, length, mode);
}

/** The answer of a lookup, if the extent status has it: for callers that go on without a coroutine. */
export function knownMapping(inode: Inode, logical: number, length: number): BlockMapping | null {
  const known = inode.extentStatus.lookup(logical);
  return known === null ? null : mapping(inode, known, logical, length, false);
}

function mapping(
  inode: Inode,
  known: StatusExtent,
  logical: number,
  length: number,
  isNew: boolean,
): BlockMapping {
  const skipped = logical - known.logical;
  return {
    type: known.state,
    logical,
    length: Math.min(length, known.length - skipped, MAX_BLOCKS - logical),
    physical: known.physical === NOWHERE ? NOWHERE : known.physical + skipped,
    isNew,
    sequence: inode.extentStatus.sequence,
  };
}

function* lookUp(inode: Inode, logical: number, length: number): Sleepable<BlockMapping> {
  yield* inode.dataLock.read();
  try {
    learn(inode, yield* findPath(inode, logical), logical);
    return mapping(inode, present(inode.extentStatus.lookup(logical), 'looked up'), logical, length, false);
  } finally {
    inode.dataLock.unlockRead();
  }
}

/** The extent of the path's leaf that holds `logical`, or null in a hole. */
function extentAt(path: Path, logical: number): Extent | null {
  const { node, slot } = leafOf(path);
  if (slot < 0) return null;
  const extent = node.extent(slot);
  return logical < extent.logical + extent.length ? extent : null;
}

/** Tells the extent status what the tree says around `logical` (ext4_ext_determine_insert_hole for holes). */
function learn(inode: Inode, path: Path, logical: number): void {
  const extent = extentAt(path, logical);
  const { extentStatus } = inode;
  if (extent !== null) {
    const state = extent.unwritten ? 'unwritten' : 'written';
    extentStatus.cache(extent.logical, extent.length, extent.physical, state);
    return;
  }
  const { node, slot } = leafOf(path);
  const before = slot < 0 ? null : node.extent(slot);
  // Without an extent before it in the leaf, the hole begins the file: only the leftmost leaf has keys beyond the block.
  const start = before === null ? 0 : before.logical + before.length;
  extentStatus.cache(start, nextKey(path) - start, NOWHERE, 'hole');
}

function* change(
  handle: Handle,
  inode: Inode,
  logical: number,
  length: number,
  mode: Exclude<MapMode, 'lookup'>,
): Sleepable<BlockMapping> {
  const { extentStatus } = inode;
  yield* inode.dataLock.write();
  try {
    const path = yield* findPath(inode, logical);
    learn(inode, path, logical);
    const known = present(extentStatus.lookup(logical), 'looked up');
    if (ANSWERED[mode].includes(known.state)) return mapping(inode, known, logical, length, false);
    const isNew = mode !== 'convert';
    const now = isMapped(known.state)
      ? yield* convert(handle, inode, path, logical, length)
      : yield* allocate(handle, inode, path, mapping(inode, known, logical, length, true), mode);
    releaseReservation(inode, extentStatus.insert(now.logical, now.length, now.physical, now.state));
    if (inode.preallocation !== null) inode.sb.blockAllocator.discardIfClosed(inode);
    return mapping(inode, now, logical, length, isNew);
  } finally {
    inode.dataLock.unlockWrite();
  }
}

/** Makes unwritten blocks written, in one extent of the tree at most. */
function* convert(
  handle: Handle,
  inode: Inode,
  path: Path,
  logical: number,
  length: number,
): Sleepable<StatusExtent> {
  const extent = present(extentAt(path, logical), 'unwritten extent');
  assert(extent.unwritten, () => `extent status and tree disagree about block ${logical}`);
  const end = Math.min(logical + length, extent.logical + extent.length);
  const edit = new TreeEdit(handle, inode, true);
  try {
    yield* convertToWritten(edit, path, extent, logical, end);
  } finally {
    yield* edit.finish();
  }
  const physical = extent.physical + logical - extent.logical;
  return { logical, length: end - logical, physical, state: 'written' };
}

/** Allocates for the start of `hole`, delayed or not, and puts the extent into the tree. */
function* allocate(
  handle: Handle,
  inode: Inode,
  path: Path,
  hole: BlockMapping,
  mode: MapMode,
): Sleepable<StatusExtent> {
  const { logical } = hole;
  const unwritten = mode === 'create-unwritten';
  const promised = hole.type === 'delayed';
  const wanted = Math.min(hole.length, maxLength(unwritten));
  const run = yield* allocateData(handle, inode, requestFor(inode, path, logical, wanted, promised));
  const { start: physical, length } = run;
  const edit = new TreeEdit(handle, inode, promised);
  // Blocks that have been placed are not promised any more: counted twice, they would leave nothing for the tree.
  const kept = promised ? length : 0;
  const { freeSpace } = inode.sb;
  freeSpace.reserved -= kept;
  try {
    yield* insertOrFree(edit, path, { logical, length, physical, unwritten });
  } finally {
    freeSpace.reserved += kept;
    yield* edit.finish();
  }
  return { logical, length, physical, state: unwritten ? 'unwritten' : 'written' };
}

/** Where the wanted blocks should lie, and between which others they are. */
function requestFor(
  inode: Inode,
  path: Path,
  logical: number,
  length: number,
  promised: boolean,
): AllocationRequest {
  const { node, slot } = leafOf(path);
  const before = slot < 0 ? null : node.extent(slot);
  const place = {
    logical,
    leftEnd: before === null ? 0 : before.logical + before.length,
    rightStart: nextKey(path),
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

/** A run as requested. Promised blocks are there even when nobody else could have them. */
function* allocateData(handle: Handle, inode: Inode, request: AllocationRequest): Sleepable<BlockRun> {
  const { blockAllocator, freeSpace } = inode.sb;
  const { length, useKeptBack: promised } = request;
  if (!promised) return yield* blockAllocator.allocate(handle, inode, request);
  // The promise stands aside while the allocator claims the space itself; what was claimed of it is settled, with the
  // delayed range, when the extent status learns the new place.
  freeSpace.reserved -= length;
  try {
    return yield* blockAllocator.allocate(handle, inode, request);
  } finally {
    freeSpace.reserved += length;
  }
}

/** When the tree has no place for the extent, its blocks are given back, and i_blocks has not changed. */
function* insertOrFree(edit: TreeEdit, path: Path, extent: Extent): Sleepable<void> {
  const { handle, inode } = edit;
  try {
    yield* splice(edit, path, extent.logical, 'insert', [extent]);
  } catch (error) {
    yield* inode.sb.blockAllocator.free(handle, inode, extent.physical, extent.length, { metadata: false });
    throw error;
  }
  edit.account(extent.length);
}
