import { present } from '../../lib/assert.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { MAX_BLOCKS } from './check-node.ts';
import { collapse } from './collapse.ts';
import { extentCredits } from './credits.ts';
import type { Extent } from './node.ts';
import { findPath, leafOf, nextKey, type Path } from './path.ts';
import { splitAt } from './shift.ts';
import { splice } from './splice.ts';
import { TreeEdit } from './tree-edit.ts';

/**
 * Two files exchange what lies under some of their blocks (ext4_swap_extents). The caller holds dataLock of both for writing, and
 * neither has delayed blocks there.
 */

/** Blocks of one file, and as many of another one. */
export interface SwapRange {
  readonly left: Inode;
  readonly leftStart: number;
  readonly right: Inode;
  readonly rightStart: number;
  /** Blocks. */
  readonly length: number;
}

/** Credits of one swapExtents of up to `length` blocks: each may be an extent that is cut out of another one. */
export const swapCredits = (left: Inode, right: Inode, length: number): number =>
  (extentCredits(left, 1) + extentCredits(right, 1)) * (length + 1);

/**
 * What the left file has stays written, or unwritten, as it is, in the places of the right one; what the right one gets for it is
 * unwritten, so that nobody reads there what was the left one's. Answers how many blocks that were: those that both have, in extents
 * side by side. Fails with ENOSPC, and then nothing has changed hands.
 */
export function* swapExtents(handle: Handle, range: SwapRange): Sleepable<number> {
  const { left, right } = range;
  const pieces = yield* cutPieces(handle, range);
  const edits = [new TreeEdit(handle, left, true), new TreeEdit(handle, right, true)] as const;
  let swapped = 0;
  try {
    for (const piece of pieces) {
      yield* exchange(edits, piece);
      swapped += piece.left.length;
    }
    // Merging never takes room, unlike cutting, so this cannot stop half-way.
    for (const piece of pieces) {
      yield* mergeAround(edits[0], piece.left.logical);
      yield* mergeAround(edits[1], piece.right.logical);
    }
    for (const edit of edits) yield* collapse(edit);
  } finally {
    for (const edit of edits) yield* edit.finish();
  }
  return swapped;
}

/** Two whole extents of the same length. */
interface Piece {
  readonly left: Extent;
  readonly right: Extent;
}

/** Cuts the extents of both files so that those which change hands match each other. */
function* cutPieces(handle: Handle, range: SwapRange): Sleepable<Piece[]> {
  const { left, leftStart, right, rightStart, length } = range;
  const pieces: Piece[] = [];
  for (let done = 0; done < length;) {
    const [leftAt, rightAt] = [leftStart + done, rightStart + done];
    const leftPath = yield* findPath(left, leftAt);
    const rightPath = yield* findPath(right, rightAt);
    const first = extentAt(leftPath, leftAt);
    const second = extentAt(rightPath, rightAt);
    if (first === null || second === null) {
      const [leftNext, rightNext] = [nextExtent(leftPath), nextExtent(rightPath)];
      // As in the kernel: where nothing follows in one of the files, what the other one still has there stays, too.
      if (leftNext === MAX_BLOCKS || rightNext === MAX_BLOCKS) break;
      done += Math.max(leftNext - leftAt, rightNext - rightAt);
      continue;
    }
    const same = Math.min(length - done, endOf(first) - leftAt, endOf(second) - rightAt);
    if (yield* cut(handle, left, first, leftAt, leftAt + same)) continue;
    if (yield* cut(handle, right, second, rightAt, rightAt + same)) continue;
    pieces.push({ left: first, right: second });
    done += same;
  }
  return pieces;
}

const endOf = ({ logical, length }: Extent): number => logical + length;

/** The extent at the end of the path, when it holds the block. */
function extentAt(path: Path, logical: number): Extent | null {
  const { node, slot } = leafOf(path);
  if (slot < 0) return null;
  const extent = node.extent(slot);
  return logical < endOf(extent) ? extent : null;
}

/** Where the next extent behind the path's begins, or the first of all where the path leads before it. */
function nextExtent(path: Path): number {
  const { node, slot } = leafOf(path);
  return slot < 0 && node.count > 0 ? node.key(0) : nextKey(path);
}

/** Answers whether the extent had to be cut to be just `from` .. `to - 1`. */
function* cut(handle: Handle, inode: Inode, extent: Extent, from: number, to: number): Sleepable<boolean> {
  if (extent.logical === from && endOf(extent) === to) return false;
  yield* splitAt(handle, inode, from);
  yield* splitAt(handle, inode, to);
  return true;
}

/** Each of the two extents gets the other one's place. */
function* exchange([left, right]: readonly [TreeEdit, TreeEdit], piece: Piece): Sleepable<void> {
  yield* place(left, { ...piece.left, physical: piece.right.physical });
  yield* place(right, { ...piece.right, physical: piece.left.physical, unwritten: true });
  for (const [{ inode }, { logical, length }] of [
    [left, piece.left],
    [right, piece.right],
  ] as const) {
    inode.extentStatus.remove(logical, logical + length);
  }
}

/** Overwrites the entry of an extent with the same blocks of the file. */
function* place(edit: TreeEdit, extent: Extent): Sleepable<void> {
  const path = yield* findPath(edit.inode, extent.logical);
  const { node, slot } = leafOf(path);
  yield* edit.access(node);
  node.setExtent(slot, extent);
  edit.dirty(node);
}

/** The extent that holds the block, and its neighbours, become one where they can (ext4_ext_try_to_merge). */
function* mergeAround(edit: TreeEdit, logical: number): Sleepable<void> {
  const path = yield* findPath(edit.inode, logical);
  const extent = present(extentAt(path, logical), 'swapped extent');
  yield* splice(edit, path, logical, 'replace', [extent]);
}
