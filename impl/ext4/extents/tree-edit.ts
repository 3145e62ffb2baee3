import { present } from '../../lib/assert.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { MapEdit } from '../mapping/map-edit.ts';
import { ExtentNode } from './node.ts';
import type { Path } from './path.ts';
import { sealTreeBlock } from './seal.ts';

/** A change of an extent tree, in terms of its nodes. */
export class TreeEdit extends MapEdit {
  /** To be called before a node changes (ext4_ext_get_access). */
  *access(node: ExtentNode): Sleepable<void> {
    if (node.buffer !== null) yield* this.handle.getWriteAccess(node.buffer);
  }

  /** Access to the nodes of `path` from level `first` down to the leaf. */
  *accessFrom(path: Path, first: number): Sleepable<void> {
    for (let level = first; level < path.length; level++) {
      yield* this.access(present(path[level], 'level').node);
    }
  }

  /** To be called after a node changed (ext4_ext_dirty). */
  dirty(node: ExtentNode): void {
    this.dirtied(node.buffer);
  }

  /** A fresh, empty tree block near `goal`, with create access; nothing points to it yet. Fails with ENOSPC. */
  *newNode(depth: number, goal: number): Sleepable<ExtentNode> {
    const block = yield* this.allocateBlock(goal);
    try {
      const buffer = yield* this.emptyBlock(block);
      sealTreeBlock(this.inode, buffer);
      const node = ExtentNode.of(buffer);
      node.format(depth);
      return node;
    } catch (error) {
      yield* this.releaseBlock(block);
      throw error;
    }
  }

  /** Gives back tree blocks that nothing points to any more, or yet. */
  *freeNodes(nodes: readonly ExtentNode[]): Sleepable<void> {
    for (const node of nodes) yield* this.releaseBlock(present(node.buffer, 'tree block').block);
  }
}
