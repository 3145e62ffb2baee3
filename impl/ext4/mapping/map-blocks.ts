import { assert, present } from '../../lib/assert.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { ready, type Sleepable } from '../../sched/sleepable.ts';
import { MAX_BLOCKS } from '../extents/check-node.ts';
import type { Inode } from '../inode/inode.ts';
import { blockMapOf, type FoundBlock } from './block-map.ts';
import { isMapped, NOWHERE, type ExtentState, type StatusExtent } from './extent-status.ts';
import { recordMapped } from './reservation.ts';

/**
 * What mapBlocks may do about blocks that are not as wanted.
 * - `lookup`: nothing.
 * - `create`: allocate written blocks; unwritten ones become written. The caller fills them in the same transaction.
 * - `create-unwritten`: allocate unwritten blocks; written ones where indirect blocks map the file.
 * - `convert`: unwritten blocks become written, because their data has reached the disk; holes stay.
 * - `make-unwritten`: allocate unwritten blocks; written ones become unwritten. The file is mapped by extents, and the page
 *   cache has nothing of them.
 */
export type MapMode = 'lookup' | 'create' | 'create-unwritten' | 'convert' | 'make-unwritten';

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

/** Is a block in this state as the mode wants it, so that the answer changes nothing? */
function isAnswered(mode: MapMode, state: ExtentState): boolean {
  switch (mode) {
    case 'lookup':
      return true;
    case 'create':
      return state === 'written';
    case 'create-unwritten':
      return isMapped(state);
    case 'convert':
      return state !== 'unwritten';
    case 'make-unwritten':
      return state === 'unwritten';
  }
}

/** Modes that allocate blocks which read as zeros. */
const WANTS_UNWRITTEN: ReadonlySet<MapMode> = new Set(['create-unwritten', 'make-unwritten']);

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
  if (known !== null && isAnswered(mode, known.state))
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
    const known = learn(inode, yield* blockMapOf(inode).find(inode, logical), logical);
    return mapping(inode, known, logical, length, false);
  } finally {
    inode.dataLock.unlockRead();
  }
}

/** What is known once the map's answer is. */
function learn(inode: Inode, block: FoundBlock, logical: number): StatusExtent {
  block.learn();
  return present(inode.extentStatus.lookup(logical), 'looked up');
}

function* change(
  handle: Handle,
  inode: Inode,
  logical: number,
  length: number,
  mode: Exclude<MapMode, 'lookup'>,
): Sleepable<BlockMapping> {
  yield* inode.dataLock.write();
  try {
    const block = yield* blockMapOf(inode).find(inode, logical);
    const known = learn(inode, block, logical);
    if (isAnswered(mode, known.state)) return mapping(inode, known, logical, length, false);
    const isNew = mode !== 'convert';
    const now = isMapped(known.state)
      ? yield* block.convert(handle, length)
      : yield* block.allocate(handle, holeFrom(known, logical, length), WANTS_UNWRITTEN.has(mode));
    recordMapped(inode, now);
    const { fastCommits } = inode.sb;
    const forgets =
      mode === 'make-unwritten' && inode.sb.options.faults.has('fast-commit-forgets-zeroed-range');
    if (fastCommits !== null && !forgets)
      fastCommits.tracker.mapChanged(handle, inode, now.logical, now.logical + now.length);
    if (inode.preallocation !== null) inode.sb.blockAllocator.discardIfClosed(inode);
    return mapping(inode, now, logical, length, isNew);
  } finally {
    inode.dataLock.unlockWrite();
  }
}

/** Up to `length` blocks of a hole or delayed range, from `logical` on. */
const holeFrom = (known: StatusExtent, logical: number, length: number): StatusExtent => ({
  logical,
  length: Math.min(length, known.logical + known.length - logical, MAX_BLOCKS - logical),
  physical: NOWHERE,
  state: known.state,
});
