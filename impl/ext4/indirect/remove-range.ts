import { assert, present } from '../../lib/assert.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { MAX_BLOCKS } from '../extents/check-node.ts';
import type { Inode } from '../inode/inode.ts';
import { MapEdit } from '../mapping/map-edit.ts';
import { ensureCredits, freeData } from '../mapping/release-blocks.ts';
import { findBranch, pointersPerBlock, type Branch } from './branch.ts';
import { indirectCredits } from './credits.ts';
import { mappableBlocks } from './shape.ts';

/**
 * Frees the blocks `from` .. `to - 1` and the indirect blocks that are left without pointers, from the end backwards
 * (ext4_ind_truncate, ext4_ind_remove_space); BlockMap.removeRange has the rules. Every turn gets below `end` by a run of
 * blocks or by all that hangs on a pointer which is 0.
 */
export function* removeRange(handle: Handle, inode: Inode, from: number, to: number): Sleepable<void> {
  const edit = new MapEdit(handle, inode, true);
  let end = Math.min(to, mappableBlocks(pointersPerBlock(inode)));
  try {
    while (end > from) {
      const branch = yield* findBranch(inode, end - 1);
      const stops = to !== MAX_BLOCKS && inode.mapping.faults.has('indirect-punch-stops-at-hole');
      if (stops && branch.block === 0) break;
      end =
        branch.block === 0 ? yield* skipHole(edit, branch, end) : yield* removeRun(edit, branch, from, end);
    }
  } finally {
    yield* edit.finish();
  }
}

/** Answers where the hole begins. An indirect block without any pointer, which only others leave behind, goes. */
function* skipHole(edit: MapEdit, branch: Branch, end: number): Sleepable<number> {
  const { node } = branch.last;
  if (node.buffer !== null && node.isEmpty) {
    // The lock was let go: what the branch shows may be old.
    if (yield* ensureCredits(edit, indirectCredits(edit.inode, 1))) return end;
    yield* prune(edit, branch);
  }
  return branch.run.start;
}

/** Frees what ends with the branch's block in one piece; answers the end of what is left. */
function* removeRun(edit: MapEdit, branch: Branch, from: number, end: number): Sleepable<number> {
  const { node, slot } = branch.last;
  const start = Math.max(from, branch.run.start);
  const length = end - start;
  if (yield* ensureCredits(edit, indirectCredits(edit.inode, length))) return end;
  if (node.buffer !== null) yield* edit.handle.getWriteAccess(node.buffer);
  const physical = branch.block - (length - 1);
  assert(branch.logical === end - 1, 'the branch does not lead to the last block');
  for (let index = 0; index < length; index++) node.set(slot - index, 0);
  edit.dirtied(node.buffer);
  edit.account(-length);
  yield* freeData(edit, physical, length);
  yield* prune(edit, branch);
  return start;
}

/** Takes indirect blocks without pointers out of the branch, from its end upwards. */
function* prune(edit: MapEdit, { steps }: Branch): Sleepable<void> {
  for (let level = steps.length - 1; level > 0; level--) {
    const { node } = present(steps[level], 'step');
    if (node.buffer === null || !node.isEmpty) return;
    const above = present(steps[level - 1], 'step above');
    if (above.node.buffer !== null) yield* edit.handle.getWriteAccess(above.node.buffer);
    above.node.set(above.slot, 0);
    edit.dirtied(above.node.buffer);
    yield* edit.releaseBlock(node.buffer.block);
  }
}
