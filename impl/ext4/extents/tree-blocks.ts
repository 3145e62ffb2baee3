import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { MAX_BLOCKS } from './check-node.ts';
import type { ExtentNode } from './node.ts';
import { readNode, rootOf } from './path.ts';

/** The blocks of the file's extent tree, i_block not among them. The caller holds dataLock. Throws Corruption. */
export function* treeBlocksOf(inode: Inode): Sleepable<number[]> {
  const blocks: number[] = [];
  const nodes: ExtentNode[] = [rootOf(inode)];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    if (node.depth === 0) continue;
    for (let slot = 0; slot < node.count; slot++) {
      const child = node.child(slot);
      blocks.push(child);
      const endKey = slot + 1 < node.count ? node.key(slot + 1) : MAX_BLOCKS;
      const expected = { depth: node.depth - 1, firstKey: node.key(slot), endKey };
      nodes.push(yield* readNode(inode, child, expected));
    }
  }
  return blocks;
}
