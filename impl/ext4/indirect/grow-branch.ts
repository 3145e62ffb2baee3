import { assert, present } from '../../lib/assert.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { inodeGoal } from '../allocation/inode-goal.ts';
import type { BlockRun } from '../allocation/block-allocator.ts';
import type { FilePlace } from '../allocation/plan.ts';
import { isRegular, type Inode } from '../inode/inode.ts';
import { allocateData } from '../mapping/allocate-data.ts';
import { isMapped, type StatusExtent } from '../mapping/extent-status.ts';
import { MapEdit } from '../mapping/map-edit.ts';
import { pointersPerBlock, type BlockSpan, type Branch } from './branch.ts';
import { PointerNode } from './pointer-node.ts';

/** Pointers have 32 bits (EXT4_MAX_BLOCK_FILE_PHYS). */
const POINTER_MAX = 2 ** 32 - 1;

/**
 * Places blocks for the start of `hole`, below one indirect block at most, and the indirect blocks that are missing on the
 * way to them (the second half of ext4_ind_map_blocks). Nothing that is reachable changes before all of it is there. Fails
 * with ENOSPC without any change.
 */
export function* growBranch(
  handle: Handle,
  inode: Inode,
  branch: Branch,
  hole: StatusExtent,
): Sleepable<StatusExtent> {
  const { node, slot } = branch.last;
  const edit = new MapEdit(handle, inode, hole.state === 'delayed');
  if (node.buffer !== null) yield* handle.getWriteAccess(node.buffer);
  const fresh = new FreshBranch(edit, branch, hole);
  try {
    const { start, length } = yield* fresh.place();
    const tops = yield* fresh.write();
    for (const [index, block] of tops.entries()) node.set(slot + index, block);
    edit.dirtied(node.buffer);
    edit.account(length);
    return { logical: branch.logical, length, physical: start, state: 'written' };
  } catch (error) {
    yield* fresh.giveBack();
    throw error;
  } finally {
    yield* edit.finish();
  }
}

/** Blocks that nothing points to yet: data, and above them the indirect blocks that are missing (ext4_alloc_branch). */
class FreshBranch {
  readonly #edit: MapEdit;
  readonly #branch: Branch;
  readonly #hole: StatusExtent;
  readonly #indirect: number[] = [];
  #data: BlockRun | null = null;

  constructor(edit: MapEdit, branch: Branch, hole: StatusExtent) {
    this.#edit = edit;
    this.#branch = branch;
    this.#hole = hole;
  }

  /** Chooses the places, indirect blocks first: data are read right after them. */
  *place(): Sleepable<BlockRun> {
    const { handle, inode } = this.#edit;
    const branch = this.#branch;
    const near = nearBlock(inode, branch);
    let goal = near ?? inodeGoal(inode);
    // The promise of a block is one for its indirect blocks, too.
    const aside = this.#hole.state === 'delayed' ? branch.missingSlots.length : 0;
    inode.sb.freeSpace.reserved -= aside;
    try {
      while (this.#indirect.length < branch.missingSlots.length) {
        const block = yield* this.#edit.allocateBlock(goal);
        this.#indirect.push(block);
        goal = block + 1;
      }
    } finally {
      inode.sb.freeSpace.reserved += aside;
    }
    const exact = near !== null || this.#indirect.length > 0;
    const place = filePlace(inode, branch, exact);
    const length = Math.min(this.#hole.length, place.rightStart - branch.logical);
    const request = {
      goal,
      length,
      useKeptBack: this.#edit.useKeptBack,
      metadata: false,
      place: isRegular(inode.mode) ? place : null,
    };
    const data = yield* allocateData(handle, inode, request);
    this.#data = data;
    return data;
  }

  /** Fills the indirect blocks; answers what belongs into the pointers of the branch's last node. */
  *write(): Sleepable<number[]> {
    const { inode } = this.#edit;
    const { start, length } = present(this.#data, 'placed blocks');
    assert(start + length - 1 <= POINTER_MAX, 'a pointer cannot hold the block');
    let below = Array.from({ length }, (_, index) => start + index);
    const { steps, missingSlots } = this.#branch;
    for (let index = this.#indirect.length - 1; index >= 0; index--) {
      const block = present(this.#indirect[index], 'indirect block');
      const buffer = yield* this.#edit.emptyBlock(block);
      const node = PointerNode.of(inode, buffer, steps.length + index);
      const first = present(missingSlots[index], 'slot');
      for (const [offset, pointer] of below.entries()) node.set(first + offset, pointer);
      this.#edit.dirtied(buffer);
      below = [block];
    }
    return below;
  }

  /** They are free again, and count no more. */
  *giveBack(): Sleepable<void> {
    const { handle, inode } = this.#edit;
    const { blockAllocator } = inode.sb;
    for (const block of this.#indirect) yield* this.#edit.releaseBlock(block);
    if (this.#data === null) return;
    yield* blockAllocator.free(handle, inode, this.#data.start, this.#data.length, { metadata: false });
  }
}

/**
 * Where the missing pointer should lead: behind what the file has before it, where that is known; else behind the nearest
 * block before it in the same node, or behind the node (ext4_find_near). Null says: nothing is near.
 */
function nearBlock(inode: Inode, branch: Branch): number | null {
  const { logical } = branch;
  const before = logical > 0 ? inode.extentStatus.lookup(logical - 1) : null;
  if (before !== null && isMapped(before.state))
    return within(inode, before.physical + logical - before.logical);
  const { node, slot } = branch.last;
  for (let other = slot - 1; other >= 0; other--) {
    const block = node.get(other);
    if (block !== 0) return within(inode, block + slot - other);
  }
  return node.buffer === null ? null : within(inode, node.buffer.block + 1);
}

const within = ({ sb }: Inode, block: number): number | null => (block < sb.geometry.blocks ? block : null);

/** The room that the data have: up to what is mapped around it below the same indirect block. */
function filePlace(inode: Inode, branch: Branch, near: boolean): FilePlace {
  const { logical, run } = branch;
  const { start, end } = branch.missingSlots.length === 0 ? run : leafSpan(inode, branch);
  return { logical, leftEnd: start, rightStart: end, near };
}

/** The blocks that will hang on the indirect block which is missing at the end of the branch. */
function leafSpan(inode: Inode, { logical, missingSlots }: Branch): BlockSpan {
  const start = logical - present(missingSlots[missingSlots.length - 1], 'slot');
  return { start, end: start + pointersPerBlock(inode) };
}
