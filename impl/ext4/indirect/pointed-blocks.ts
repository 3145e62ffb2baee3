import { Corruption } from '../../lib/corruption.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { MAX_BLOCKS } from '../extents/check-node.ts';
import { maxLength, type Extent } from '../extents/node.ts';
import type { Inode } from '../inode/inode.ts';
import { pointersPerBlock } from './branch.ts';
import { readNode, rootNode, type PointerNode } from './pointer-node.ts';
import { blocksBelow, DIRECT_SLOTS } from './shape.ts';

/** All that the pointers of a file lead to. */
export interface PointedBlocks {
  /** The file's own blocks, from its beginning, as extents would have them. */
  readonly extents: readonly Extent[];
  readonly indirect: readonly number[];
}

/**
 * Walks through the whole map (the loops of ext4_ext_migrate). The caller holds i_rwsem, so that it stays as it is. Throws
 * Corruption; fails with EIO.
 */
export function* pointedBlocks(inode: Inode): Sleepable<PointedBlocks> {
  const walk = new Walk(inode);
  yield* walk.root();
  return { extents: walk.extents, indirect: [...walk.indirect] };
}

class Walk {
  readonly extents: Extent[] = [];
  readonly indirect = new Set<number>();
  readonly #inode: Inode;
  readonly #perBlock: number;
  /** The logical block that comes next. */
  #next = 0;

  constructor(inode: Inode) {
    this.#inode = inode;
    this.#perBlock = pointersPerBlock(inode);
  }

  *root(): Sleepable<void> {
    const root = rootNode(this.#inode);
    for (let slot = 0; slot < root.slots; slot++) {
      const top = Math.max(0, slot - DIRECT_SLOTS + 1);
      yield* this.#below(root.get(slot), top, top);
    }
  }

  /** What hangs on a pointer that is `height` steps above the blocks of the file; `top` is the height in i_block. */
  *#below(block: number, height: number, top: number): Sleepable<void> {
    if (block === 0) this.#next += blocksBelow(this.#perBlock, height);
    else if (height === 0) this.#note(block);
    else yield* this.#node(yield* this.#read(block, top - height + 1), height - 1, top);
  }

  *#node(node: PointerNode, height: number, top: number): Sleepable<void> {
    for (let slot = 0; slot < node.slots; slot++) yield* this.#below(node.get(slot), height, top);
  }

  /** Every indirect block once: else a walk through a damaged map would hardly end. */
  *#read(block: number, level: number): Sleepable<PointerNode> {
    if (this.indirect.has(block)) {
      throw new Corruption(`map of inode ${this.#inode.ino}`, 'indirect block', block, 'a block of its own');
    }
    this.indirect.add(block);
    return yield* readNode(this.#inode, block, level);
  }

  #note(block: number): void {
    const logical = this.#next++;
    if (logical >= MAX_BLOCKS) {
      throw new Corruption(`map of inode ${this.#inode.ino}`, 'logical block', logical, 'less than 2^32 - 1');
    }
    const last = this.extents.at(-1);
    const joins =
      last !== undefined &&
      last.length < maxLength(false) &&
      last.logical + last.length === logical &&
      last.physical + last.length === block;
    if (joins) this.extents[this.extents.length - 1] = { ...last, length: last.length + 1 };
    else this.extents.push({ logical, length: 1, physical: block, unwritten: false });
  }
}
