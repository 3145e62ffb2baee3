import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { MAX_BLOCKS } from './check-node.ts';
import type { Extent, ExtentNode } from './node.ts';
import { readNode, rootOf } from './path.ts';

/** Everything that an extent tree holds. */
export interface TreeContents {
  /** In order of logical block. */
  readonly extents: readonly Extent[];
  /** Device blocks of the tree itself, parents before children. */
  readonly treeBlocks: readonly number[];
}

/** Reads and checks the whole extent tree; throws Corruption (ext4_ext_check for every node). */
export function* checkExtentTree(inode: Inode): Sleepable<void> {
  yield* readTree(inode);
}

/** The same, with what was found: for fiemap-like walks and for tests. The caller holds dataLock, or nobody writes. */
export function* readTree(inode: Inode): Sleepable<TreeContents> {
  const extents: Extent[] = [];
  const treeBlocks: number[] = [];
  yield* readBelow(inode, rootOf(inode), MAX_BLOCKS, extents, treeBlocks);
  return { extents, treeBlocks };
}

/** Recursion is as deep as the tree, whose depth the root's check has bounded. */
function* readBelow(
  inode: Inode,
  node: ExtentNode,
  endKey: number,
  extents: Extent[],
  treeBlocks: number[],
): Sleepable<void> {
  for (let slot = 0; slot < node.count; slot++) {
    if (node.depth === 0) {
      extents.push(node.extent(slot));
      continue;
    }
    const block = node.child(slot);
    const end = slot + 1 < node.count ? node.key(slot + 1) : endKey;
    const child = yield* readNode(inode, block, {
      depth: node.depth - 1,
      firstKey: node.key(slot),
      endKey: end,
    });
    treeBlocks.push(block);
    yield* readBelow(inode, child, end, extents, treeBlocks);
  }
}
