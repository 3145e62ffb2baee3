import type { BufferHead } from '../../buffer/buffer-head.ts';
import { Corruption } from '../../lib/corruption.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { POINTER_BYTES, ROOT_SLOTS } from './shape.ts';

/** An array of block numbers, 0 for none: i_block, or an indirect block. */
export class PointerNode {
  readonly view: DataView;
  /** Null for i_block. */
  readonly buffer: BufferHead | null;
  readonly slots: number;
  readonly #ino: number;
  /** Steps from i_block. */
  readonly #level: number;

  constructor(inode: Inode, view: DataView, buffer: BufferHead | null, level: number) {
    this.view = view;
    this.buffer = buffer;
    this.slots = buffer === null ? ROOT_SLOTS : view.byteLength / POINTER_BYTES;
    this.#ino = inode.ino;
    this.#level = level;
  }

  /** The node of a block that was read and checked, or just made. */
  static of(inode: Inode, buffer: BufferHead, level: number): PointerNode {
    const node = new PointerNode(inode, buffer.view, buffer, level);
    buffer.cached = node;
    return node;
  }

  get(slot: number): number {
    return this.view.getUint32(slot * POINTER_BYTES, true);
  }

  set(slot: number, block: number): void {
    this.view.setUint32(slot * POINTER_BYTES, block, true);
  }

  get isEmpty(): boolean {
    for (let slot = 0; slot < this.slots; slot++) if (this.get(slot) !== 0) return false;
    return true;
  }

  isOf(inode: Inode, level: number): boolean {
    return this.#ino === inode.ino && this.#level === level;
  }
}

/** i_block, checked on first use (ext4_ind_check_inode); afterwards only we change it. Throws Corruption. */
export function rootNode(inode: Inode): PointerNode {
  if (inode.mapRoot instanceof PointerNode) return inode.mapRoot;
  const root = new PointerNode(inode, inode.dataView, null, 0);
  checkPointers(inode, root);
  inode.mapRoot = root;
  return root;
}

/** An indirect block with its pointers checked. Throws Corruption; fails with EIO. */
export function* readNode(inode: Inode, block: number, level: number): Sleepable<PointerNode> {
  const buffer = yield* inode.sb.cache.bread(block);
  if (buffer.verified) {
    const known = buffer.cached;
    // A block that was checked as something else, a bitmap say, or elsewhere in a map, is in two places at once.
    if (known instanceof PointerNode && known.isOf(inode, level)) return known;
    throw new Corruption(`map of inode ${inode.ino}`, 'indirect block', block, 'a block of its own');
  }
  const node = new PointerNode(inode, buffer.view, buffer, level);
  checkPointers(inode, node);
  buffer.cached = node;
  buffer.verified = true;
  buffer.seal = null;
  return node;
}

/**
 * ext4_check_indirect_blockref, ext4_ind_check_inode: every pointer leads to a block of the device behind the superblock
 * that is no fixed metadata. That they are all different is e2fsck's business.
 */
function checkPointers(inode: Inode, node: PointerNode): void {
  const { geometry, blockAllocator } = inode.sb;
  const { firstDataBlock, blocks } = geometry;
  const { zones } = blockAllocator.fixed;
  for (let slot = 0; slot < node.slots; slot++) {
    const block = node.get(slot);
    if (block === 0) continue;
    if (block > firstDataBlock && block < blocks && !zones.overlaps(block, 1)) continue;
    const place = node.buffer === null ? 'i_block' : `indirect block ${node.buffer.block}`;
    const range = `0, or one of blocks ${firstDataBlock + 1} .. ${blocks - 1} without fixed metadata`;
    throw new Corruption(`${place} of inode ${inode.ino}`, `slot ${slot}`, block, range);
  }
}
