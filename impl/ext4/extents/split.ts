import { assert, present } from '../../lib/assert.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { EXT4_MAX_EXTENT_DEPTH } from '../layout/extent.ts';
import { treeBlockGoal } from './goal.ts';
import type { Extent, ExtentNode } from './node.ts';
import { leafOf, type Path } from './path.ts';
import type { TreeEdit } from './tree-edit.ts';

/**
 * Makes room in or beside the leaf at the end of `path`; what the tree says stays the same. Afterwards `path` is stale.
 * Fails with ENOSPC, and then nothing has changed that matters.
 */
export function* makeRoom(edit: TreeEdit, path: Path): Sleepable<void> {
  const wide = levelWithRoom(path) < 0 ? yield* grow(edit, path) : path;
  const { node } = leafOf(wide);
  // In the root's entries moved to a block of their own there is room already.
  if (wide !== path && path.length === 1) return;
  yield* splitLeaf(edit, wide, Math.floor(node.count / 2), null);
}

/** Appends `extent` behind a full last slot: into a new leaf of its own, so that a file written in order has full leaves. */
export function* appendLeaf(edit: TreeEdit, path: Path, extent: Extent): Sleepable<void> {
  const wide = levelWithRoom(path) < 0 ? yield* grow(edit, path) : path;
  yield* splitLeaf(edit, wide, leafOf(wide).node.count, extent);
}

/** The deepest index node that takes another entry, or -1. */
function levelWithRoom(path: Path): number {
  for (let level = path.length - 2; level >= 0; level--) {
    if (present(path[level], 'level').node.room > 0) return level;
  }
  return -1;
}

/** Moves the root's entries to a new block below it (ext4_ext_grow_indepth). Answers the path, one level longer. */
function* grow(edit: TreeEdit, path: Path): Sleepable<Path> {
  const [top, ...below] = path;
  const { node: root, slot } = present(top, 'root');
  const depth = root.depth;
  assert(depth < EXT4_MAX_EXTENT_DEPTH, 'extent tree grows beyond its greatest depth');
  const key = root.key(0);
  const child = yield* edit.newNode(depth, treeBlockGoal(edit.inode, path, key));
  child.appendFrom(root, 0);
  edit.dirty(child);
  root.format(depth + 1);
  root.resize(0, 0, 1);
  root.setIndex(0, key, present(child.buffer, 'tree block').block);
  edit.dirty(root);
  return [{ node: root, slot: 0 }, { node: child, slot }, ...below];
}

/**
 * Moves the leaf's extents from slot `position` on, or `seed` when there are none, to a new leaf on its right, and splits
 * the full index nodes above it (ext4_ext_split). An index node above has room. All blocks are there before the first change.
 */
function* splitLeaf(edit: TreeEdit, path: Path, position: number, seed: Extent | null): Sleepable<void> {
  const { node: leaf } = leafOf(path);
  const border = position < leaf.count ? leaf.key(position) : present(seed, 'seed').logical;
  const top = levelWithRoom(path);
  assert(top >= 0, 'no index node has room for a new leaf');
  yield* edit.accessFrom(path, top);
  const fresh = yield* newNodes(edit, path, top, treeBlockGoal(edit.inode, path, border));
  moveRight(edit, path, position, fresh, border);
  if (seed !== null) {
    const right = present(fresh[fresh.length - 1], 'new leaf');
    right.resize(0, 0, 1);
    right.setExtent(0, seed);
  }
  for (const node of fresh) edit.dirty(node);
}

/** One new node beside each node of `path` below level `top`, from there down; all of them or none. */
function* newNodes(edit: TreeEdit, path: Path, top: number, goal: number): Sleepable<ExtentNode[]> {
  const fresh: ExtentNode[] = [];
  try {
    for (let level = top + 1; level < path.length; level++) {
      fresh.push(yield* edit.newNode(present(path[level], 'level').node.depth, goal));
    }
    return fresh;
  } catch (error) {
    yield* edit.freeNodes(fresh);
    throw error;
  }
}

/** The change itself, in memory and atomic. The entries of `fresh` end up to the right of those that stay in `path`. */
function moveRight(
  edit: TreeEdit,
  path: Path,
  position: number,
  fresh: readonly ExtentNode[],
  border: number,
): void {
  const top = path.length - 1 - fresh.length;
  for (const [index, right] of fresh.entries()) {
    const { node, slot } = present(path[top + 1 + index], 'level');
    const child = fresh[index + 1];
    const first = child === undefined ? position : slot + 1;
    if (child !== undefined) insertIndex(right, 0, border, child);
    right.appendFrom(node, first);
    node.cut(first);
    edit.dirty(node);
  }
  const { node, slot } = present(path[top], 'level');
  insertIndex(node, slot + 1, border, present(fresh[0], 'new node'));
  edit.dirty(node);
}

function insertIndex(node: ExtentNode, slot: number, key: number, child: ExtentNode): void {
  node.resize(slot, 0, 1);
  node.setIndex(slot, key, present(child.buffer, 'tree block').block);
}
