import { assert, present } from '../../lib/assert.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { ready, type Sleepable } from '../../sched/sleepable.ts';
import { isMapped, NOWHERE, type ExtentState, type StatusExtent } from './extent-status.ts';
import { MAX_BLOCKS } from '../extents/check-node.ts';
import { convertToWritten } from '../extents/convert.ts';
import type { Extent } from '../extents/node.ts';
import { findPath, leafOf, nextKey, type Path } from '../extents/path.ts';
import { TreeEdit } from '../extents/tree-edit.ts';
import type { Inode } from '../inode/inode.ts';
import { placeBlocks, type Unplaced } from './place-blocks.ts';
import { recordMapped } from './reservation.ts';

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
      : yield* placeBlocks(handle, inode, path, unplaced(known, logical, length), mode !== 'create');
    recordMapped(inode, now);
    if (inode.preallocation !== null) inode.sb.blockAllocator.discardIfClosed(inode);
    return mapping(inode, now, logical, length, isNew);
  } finally {
    inode.dataLock.unlockWrite();
  }
}

/** The hole, delayed or not, that starts at `logical`, as far as `length` blocks go. */
const unplaced = (known: StatusExtent, logical: number, length: number): Unplaced => ({
  logical,
  length: Math.min(length, known.logical + known.length - logical, MAX_BLOCKS - logical),
  promised: known.state === 'delayed',
});

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
