import { BadChecksum, Corruption } from '../../lib/corruption.ts';
import { present } from '../../lib/assert.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { EXT4_MAX_EXTENT_DEPTH } from '../layout/extent.ts';
import { checkHeader, checkNode, MAX_BLOCKS, type Expected } from './check-node.ts';
import { ExtentNode } from './node.ts';
import { sealTreeBlock, treeBlockChecksumMatches } from './seal.ts';

/** One node on the way from the root to a leaf (struct ext4_ext_path). */
export interface Level {
  readonly node: ExtentNode;
  /** The entry the way goes through. In a leaf: the last extent that starts at or before the block, or -1. */
  readonly slot: number;
}

/** From the root (first) to a leaf (last); never empty. */
export type Path = readonly Level[];

export const leafOf = (path: Path): Level => present(path[path.length - 1], 'leaf');

/**
 * The root in i_block, checked on first use (ext4_ext_check_inode); afterwards only we change it. Throws Corruption. The file
 * has an extent tree.
 */
export function rootOf(inode: Inode): ExtentNode {
  if (inode.mapRoot instanceof ExtentNode) return inode.mapRoot;
  const root = new ExtentNode(inode.dataView, null);
  const depth = Math.min(root.depth, EXT4_MAX_EXTENT_DEPTH);
  checkNode(inode, root, { depth, firstKey: null, endKey: MAX_BLOCKS });
  inode.mapRoot = root;
  return root;
}

/** The way to the leaf where `logical` belongs (ext4_find_extent). The caller holds dataLock. Throws Corruption. */
export function* findPath(inode: Inode, logical: number): Sleepable<Path> {
  let node = rootOf(inode);
  const path: Level[] = [];
  let endKey = MAX_BLOCKS;
  // Every node's depth is one less than its parent's, so this ends after EXT4_MAX_EXTENT_DEPTH steps.
  while (node.depth > 0) {
    // The leftmost way is also right for blocks before the first key.
    const slot = Math.max(0, node.search(logical));
    path.push({ node, slot });
    if (slot + 1 < node.count) endKey = node.key(slot + 1);
    node = yield* readNode(inode, node.child(slot), {
      depth: node.depth - 1,
      firstKey: node.key(slot),
      endKey,
    });
  }
  path.push({ node, slot: node.search(logical) });
  return path;
}

/** First logical block of whatever follows the path's leaf entry, or MAX_BLOCKS (ext4_ext_next_allocated_block). */
export function nextKey(path: Path): number {
  for (let level = path.length - 1; level >= 0; level--) {
    const { node, slot } = present(path[level], 'level');
    if (slot + 1 < node.count) return node.key(slot + 1);
  }
  return MAX_BLOCKS;
}

/** A tree block with its contents checked (read_extent_tree_block). */
export function* readNode(inode: Inode, block: number, expected: Expected): Sleepable<ExtentNode> {
  const { sb } = inode;
  const buffer = yield* sb.cache.bread(block);
  if (buffer.verified) {
    const known = buffer.cached;
    // A block that was checked as something else, a bitmap say, or below another index entry, is in two places at once.
    const matches =
      known instanceof ExtentNode && known.depth === expected.depth && known.key(0) === expected.firstKey;
    if (!matches)
      throw new Corruption(`extent tree of inode ${inode.ino}`, 'ei_leaf', block, 'a tree block of its own');
    return known;
  }
  const node = new ExtentNode(buffer.view, buffer);
  // The header says where the checksum is, so it comes first.
  checkHeader(inode, node, expected);
  if (sb.hasChecksums && !treeBlockChecksumMatches(inode, buffer)) {
    throw new BadChecksum(
      `extent tree of inode ${inode.ino}, block ${block}`,
      'et_checksum',
      'wrong',
      'a match',
    );
  }
  checkNode(inode, node, expected);
  buffer.cached = node;
  buffer.verified = true;
  sealTreeBlock(inode, buffer);
  return node;
}
