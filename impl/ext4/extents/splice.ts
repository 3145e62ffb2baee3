import { assert, present, unreachable } from '../../lib/assert.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { maxLength, type Extent, type ExtentNode } from './node.ts';
import { findPath, leafOf, type Path } from './path.ts';
import { appendLeaf, makeRoom } from './split.ts';
import type { TreeEdit } from './tree-edit.ts';

/** What happens to the extent at the end of the path. */
type Change = 'replace' | 'insert' | 'split';

/** Growing the tree and splitting a leaf are enough for any splice; one more means a bug. */
const ATTEMPTS_MAX = 4;

/**
 * The one way in which a leaf changes: `pieces`, in order, take the place of the extent that holds the logical block `at`
 * (`replace`), or come between the extents around `at` (`insert`). Pieces merge with each other and with their
 * neighbours in the leaf, but where the extent is only cut (`split`). The tree says what it said before, or all of the new, whatever fails. `path` leads to `at`.
 */
export function* splice(
  edit: TreeEdit,
  path: Path,
  at: number,
  change: Change,
  pieces: readonly Extent[],
): Sleepable<void> {
  let way = path;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (yield* trySplice(edit, way, change, pieces)) return;
    yield* makeRoom(edit, way);
    way = yield* findPath(edit.inode, at);
  }
  assert(false, 'splitting a leaf made no room');
}

/** What becomes of slots `start` .. `stop - 1` of a leaf. */
interface Window {
  readonly start: number;
  readonly stop: number;
  readonly extents: readonly Extent[];
}

/** Answers false when the leaf has too few slots left; nothing has changed then. */
function* trySplice(
  edit: TreeEdit,
  path: Path,
  change: Change,
  pieces: readonly Extent[],
): Sleepable<boolean> {
  const { node, slot } = leafOf(path);
  const window =
    change === 'split'
      ? { start: slot, stop: slot + 1, extents: pieces }
      : mergeWindow(node, firstSlot(change, slot), change === 'replace' ? 1 : 0, pieces);
  const { start, stop, extents } = window;
  if (extents.length - (stop - start) > node.room) {
    const [only] = extents;
    const appends = start === node.count && extents.length === 1 && path.length > 1;
    if (!appends) return false;
    yield* appendLeaf(edit, path, present(only, 'appended extent'));
    return true;
  }
  // The key of a leaf's first extent stands in the index nodes above it, too.
  yield* edit.accessFrom(path, start === 0 ? 0 : path.length - 1);
  applyWindow(edit, path, window);
  if (node.count === 0 && path.length > 1) yield* dropEmpty(edit, path);
  return true;
}

function firstSlot(change: 'replace' | 'insert', slot: number): number {
  switch (change) {
    case 'replace':
      return slot;
    case 'insert':
      return slot + 1;
    default:
      return unreachable(change);
  }
}

/** Widens the slots at `first` by the neighbours that merge with the pieces (ext4_ext_try_to_merge). */
function mergeWindow(node: ExtentNode, first: number, removed: number, pieces: readonly Extent[]): Window {
  let start = first;
  let stop = first + removed;
  const extents: Extent[] = [];
  const [head] = pieces;
  if (head === undefined) return { start, stop, extents };
  if (start > 0) {
    const before = node.extent(start - 1);
    if (mergeable(before, head)) {
      extents.push(before);
      start--;
    }
  }
  for (const piece of pieces) pushMerged(extents, piece);
  if (stop < node.count) {
    const after = node.extent(stop);
    if (mergeable(present(extents.at(-1), 'piece'), after)) {
      pushMerged(extents, after);
      stop++;
    }
  }
  return { start, stop, extents };
}

/** ext4_can_extents_be_merged: they touch in the file and on the device, in one state, and fit in one entry. */
export const mergeable = (left: Extent, right: Extent): boolean =>
  left.unwritten === right.unwritten &&
  left.logical + left.length === right.logical &&
  left.physical + left.length === right.physical &&
  left.length + right.length <= maxLength(left.unwritten);

function pushMerged(extents: Extent[], extent: Extent): void {
  const last = extents.at(-1);
  if (last === undefined || !mergeable(last, extent)) extents.push(extent);
  else extents[extents.length - 1] = { ...last, length: last.length + extent.length };
}

function applyWindow(edit: TreeEdit, path: Path, { start, stop, extents }: Window): void {
  const { node } = leafOf(path);
  node.resize(start, stop - start, extents.length);
  for (const [index, extent] of extents.entries()) node.setExtent(start + index, extent);
  edit.dirty(node);
  if (start === 0 && node.count > 0) correctKeys(edit, path, path.length - 1);
}

/** The first key of the node at `level` changed: the index entries above follow (ext4_ext_correct_indexes). */
export function correctKeys(edit: TreeEdit, path: Path, level: number): void {
  for (let child = level; child > 0; child--) {
    const { node, slot } = present(path[child - 1], 'level');
    const key = present(path[child], 'level').node.key(0);
    if (node.key(slot) === key) return;
    node.setKey(slot, key);
    edit.dirty(node);
    if (slot > 0) return;
  }
}

/** Takes an empty leaf out of the tree, with the index nodes that become empty by it (ext4_ext_rm_idx). */
function* dropEmpty(edit: TreeEdit, path: Path): Sleepable<void> {
  const emptied: ExtentNode[] = [];
  for (let level = path.length - 1; level > 0; level--) {
    const { node } = present(path[level], 'level');
    if (node.count > 0) {
      correctKeys(edit, path, level);
      break;
    }
    emptied.push(node);
    const above = present(path[level - 1], 'level');
    above.node.resize(above.slot, 1, 0);
    edit.dirty(above.node);
  }
  const { node: root } = present(path[0], 'root');
  if (root.count === 0) root.format(0);
  yield* edit.freeNodes(emptied);
}
