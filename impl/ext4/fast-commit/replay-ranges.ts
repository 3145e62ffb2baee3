import { Corruption } from '../../lib/corruption.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { MAX_BLOCKS } from '../extents/check-node.ts';
import { collapse } from '../extents/collapse.ts';
import { extentCredits } from '../extents/credits.ts';
import type { Extent } from '../extents/node.ts';
import { findPath, leafOf } from '../extents/path.ts';
import { without } from '../extents/remove-range.ts';
import { splice } from '../extents/splice.ts';
import { TreeEdit } from '../extents/tree-edit.ts';
import { dropInline, isInline } from '../inline/inline-data.ts';
import { EXT4_EXTENTS_FL, isRegular, type Inode } from '../inode/inode.ts';
import type { ReplayState } from './replay-state.ts';

/**
 * What a file maps, without the bitmaps: they follow when it is known who has which block in the end (settle.ts). The same
 * block may change its owner more than once in between.
 */

/** The block of the table. */
const DROP_CREDITS = 1;

/** The file maps these blocks, whatever it had there (ext4_fc_replay_add_range). */
export function* addRange(state: ReplayState, inode: Inode, extent: Extent): Sleepable<void> {
  yield* leaveInode(state, inode);
  mustHaveTree(inode);
  yield* unmap(state, inode, extent.logical, extent.logical + extent.length);
  yield* change(state, inode, extent.length, function* (edit) {
    const path = yield* findPath(inode, extent.logical);
    yield* splice(edit, path, extent.logical, 'insert', [extent]);
  });
}

/** The file maps nothing from `from` to `to - 1` (ext4_fc_replay_del_range). */
export function* deleteRange(state: ReplayState, inode: Inode, from: number, to: number): Sleepable<void> {
  yield* leaveInode(state, inode);
  mustHaveTree(inode);
  yield* unmap(state, inode, from, to);
}

/**
 * The file's bytes were in the inode, and are not any more: they are in a block that is told of. Linux tells of it before it
 * tells that there is a map, and makes nothing of that (reports/kernel-findings/fast-commits.md, 7).
 */
export function* leaveInode(state: ReplayState, inode: Inode): Sleepable<void> {
  if (!isInline(inode) || !isRegular(inode.mode)) return;
  state.modified.add(inode);
  yield* state.update(DROP_CREDITS, (handle) => dropInline(handle, inode));
}

/** A file that is about to go maps nothing any more. */
export function* unmapAll(state: ReplayState, inode: Inode): Sleepable<void> {
  if (isRegular(inode.mode) && (inode.flags & EXT4_EXTENTS_FL) !== 0)
    yield* unmap(state, inode, 0, MAX_BLOCKS);
}

function mustHaveTree({ ino, mode, flags }: Inode): void {
  if (isRegular(mode) && (flags & EXT4_EXTENTS_FL) !== 0) return;
  throw new Corruption('ext4_fc_add_range', 'fc_ino', ino, 'a regular file with extents');
}

function* unmap(state: ReplayState, inode: Inode, from: number, to: number): Sleepable<void> {
  state.modified.add(inode);
  for (let end = to; end > from;) {
    const piece = yield* lastMapped(inode, from, end);
    if (piece === null) break;
    const { extent, start, stop } = piece;
    yield* change(state, inode, stop - start, function* (edit) {
      const path = yield* findPath(inode, stop - 1);
      yield* splice(edit, path, stop - 1, 'replace', without(extent, start, stop));
    });
    state.loose.add(extent.physical + start - extent.logical, stop - start);
    end = start;
  }
  inode.extentStatus.remove(from, to);
}

interface Piece {
  readonly extent: Extent;
  readonly start: number;
  readonly stop: number;
}

/** The last extent that maps something in `from` .. `end - 1`, and what of it lies there. */
function* lastMapped(inode: Inode, from: number, end: number): Sleepable<Piece | null> {
  const { node, slot } = leafOf(yield* findPath(inode, end - 1));
  if (slot < 0) return null;
  const extent = node.extent(slot);
  const stop = Math.min(end, extent.logical + extent.length);
  const start = Math.max(from, extent.logical);
  return start < stop ? { extent, start, stop } : null;
}

/** One change of the tree, which is then as flat as it can be (ext4_ext_replay_shrink_inode). */
function* change(
  state: ReplayState,
  inode: Inode,
  length: number,
  body: (edit: TreeEdit) => Sleepable<void>,
): Sleepable<void> {
  yield* state.update(extentCredits(inode, length), function* (handle: Handle) {
    const edit = new TreeEdit(handle, inode, true);
    yield* inode.dataLock.write();
    try {
      yield* body(edit);
      edit.inodeChanged = true;
      yield* collapse(edit);
    } finally {
      yield* edit.finish();
      inode.dataLock.unlockWrite();
    }
  });
}
