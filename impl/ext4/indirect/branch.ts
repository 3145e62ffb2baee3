import { present } from '../../lib/assert.ts';
import { fail } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { MAX_BLOCKS } from '../extents/check-node.ts';
import { readNode, rootNode, type PointerNode } from './pointer-node.ts';
import { blocksBelow, DIRECT_SLOTS, POINTER_BYTES, routeTo, type Route } from './shape.ts';

/** A pointer on the way from i_block to a block of the file (Indirect in the kernel). */
export interface Step {
  readonly node: PointerNode;
  readonly slot: number;
}

/** Slots of one node: `start` .. `end - 1`. */
interface SlotRange {
  readonly start: number;
  readonly end: number;
}

/** Logical blocks of a file: `start` .. `end - 1`. */
export interface BlockSpan {
  readonly start: number;
  readonly end: number;
}

/** The way from i_block to a block of the file, as far as there is one (ext4_get_branch). */
export class Branch {
  readonly logical: number;
  readonly steps: readonly Step[];
  readonly #route: Route;
  readonly #perBlock: number;

  constructor(logical: number, steps: readonly Step[], route: Route, perBlock: number) {
    this.logical = logical;
    this.steps = steps;
    this.#route = route;
    this.#perBlock = perBlock;
  }

  /** Where the way ends: at the block itself, or at a pointer that is 0. */
  get last(): Step {
    return present(this.steps[this.steps.length - 1], 'step');
  }

  /** The block on the device, 0 in a hole. */
  get block(): number {
    const { node, slot } = this.last;
    return node.get(slot);
  }

  /** Slots of the indirect blocks that are missing on the way, from the top. */
  get missingSlots(): readonly number[] {
    return this.#route.slots.slice(this.steps.length);
  }

  /** Slots of the last step's node that are as far from the file's blocks as the last step's slot. */
  get #alike(): SlotRange {
    const { node, slot } = this.last;
    if (node.buffer !== null) return { start: 0, end: node.slots };
    return slot < DIRECT_SLOTS ? { start: 0, end: DIRECT_SLOTS } : { start: slot, end: slot + 1 };
  }

  /** Logical blocks below slots of the last step's node. */
  #span({ start, end }: SlotRange): BlockSpan {
    const { base } = this.#route;
    const size = blocksBelow(this.#perBlock, this.missingSlots.length);
    const own = base + Math.floor((this.logical - base) / size) * size;
    const { slot } = this.last;
    return { start: own + (start - slot) * size, end: Math.min(MAX_BLOCKS, own + (end - slot) * size) };
  }

  /** All that hangs on the last step's node. */
  get nodeSpan(): BlockSpan {
    return this.#span(this.#alike);
  }

  /** The blocks around this one that are mapped in one piece with it, or the hole, within the last step's node. */
  get run(): BlockSpan {
    const { node, slot } = this.last;
    const { block } = this;
    const limits = this.#alike;
    const joins = (other: number): boolean => node.get(other) === (block === 0 ? 0 : block + other - slot);
    let { start, end } = { start: slot, end: slot + 1 };
    while (start > limits.start && joins(start - 1)) start--;
    while (end < limits.end && joins(end)) end++;
    return this.#span({ start, end });
  }
}

export const pointersPerBlock = (inode: Inode): number => inode.sb.geometry.blockSize / POINTER_BYTES;

/** The caller holds dataLock. Throws Corruption; fails with EIO, also for a block that no pointer can reach, as the kernel does. */
export function* findBranch(inode: Inode, logical: number): Sleepable<Branch> {
  const perBlock = pointersPerBlock(inode);
  const route = routeTo(logical, perBlock) ?? fail('EIO');
  const steps: Step[] = [];
  let node = rootNode(inode);
  for (const slot of route.slots) {
    steps.push({ node, slot });
    const block = node.get(slot);
    if (block === 0 || steps.length === route.slots.length) break;
    node = yield* readNode(inode, block, steps.length);
  }
  return new Branch(logical, steps, route, perBlock);
}
