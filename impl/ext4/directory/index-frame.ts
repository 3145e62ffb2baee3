import type { BufferHead } from '../../buffer/buffer-head.ts';
import { assert } from '../../lib/assert.ts';
import type { Inode } from '../inode/inode.ts';
import { DX_BLOCK_MASK, DxCountLimitLayout, DxEntryLayout } from '../layout/directory-index.ts';
import { badIndex } from './bad-index.ts';
import { countOffset, indexLimit } from './index-block.ts';

const ENTRY_BYTES = DxEntryLayout.size;
const BLOCK = DxEntryLayout.fields.block.offset;
const HASH = DxEntryLayout.fields.hash.offset;
const LIMIT = DxCountLimitLayout.fields.limit.offset;
const COUNT = DxCountLimitLayout.fields.count.offset;

/**
 * One block of an index with the place of interest in it (struct dx_frame). The block is an array of entries, each a hash
 * and a block; the first entry has no hash (it counts as 0), and in its place says how many entries there are and may be.
 */
export class IndexFrame {
  readonly buffer: BufferHead;
  /** The block of the directory. */
  readonly logical: number;
  /** Byte offset of the entries. */
  readonly base: number;
  /** Index of the entry of interest. */
  at = 0;

  /** The block of a new node, or one that `checked` has checked. */
  constructor(buffer: BufferHead, logical: number) {
    this.buffer = buffer;
    this.logical = logical;
    this.base = countOffset(logical);
  }

  /** A frame whose counts fit into the block: all offsets in it are good. Throws BadIndex. */
  static checked(dir: Inode, buffer: BufferHead, logical: number): IndexFrame {
    const frame = new IndexFrame(buffer, logical);
    const { limit, count, base } = frame;
    const expected = indexLimit(dir, base);
    if (limit !== expected) badIndex(dir, logical, 'dx_countlimit', 'limit', limit, `${expected}`);
    if (count === 0 || count > limit) {
      badIndex(dir, logical, 'dx_countlimit', 'count', count, `1 .. ${limit}`);
    }
    return frame;
  }

  get limit(): number {
    return this.buffer.view.getUint16(this.base + LIMIT, true);
  }

  get count(): number {
    return this.buffer.view.getUint16(this.base + COUNT, true);
  }

  setCounts(count: number, limit: number): void {
    this.buffer.view.setUint16(this.base + LIMIT, limit, true);
    this.buffer.view.setUint16(this.base + COUNT, count, true);
  }

  get isFull(): boolean {
    return this.count >= this.limit;
  }

  /** The first hash behind entry `index` (dx_get_hash). An odd one says that names with the even one stand before, too. */
  hash(index: number): number {
    return index === 0 ? 0 : this.buffer.view.getUint32(this.base + ENTRY_BYTES * index + HASH, true);
  }

  /** The block of the directory behind entry `index` (dx_get_block). */
  block(index: number): number {
    return this.buffer.view.getUint32(this.base + ENTRY_BYTES * index + BLOCK, true) & DX_BLOCK_MASK;
  }

  setBlock(index: number, block: number): void {
    this.buffer.view.setUint32(this.base + ENTRY_BYTES * index + BLOCK, block, true);
  }

  /** Moves `at` to the entry behind which names with hash `major` stand: the last that does not begin beyond it. */
  seek(major: number): void {
    let low = 1;
    let high = this.count - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      if (this.hash(middle) > major) high = middle - 1;
      else low = middle + 1;
    }
    this.at = low - 1;
  }

  /** One more entry right behind that of interest (dx_insert_block). */
  insertAfter(hash: number, block: number): void {
    const { buffer, base, count, limit, at } = this;
    assert(count < limit, () => `an index block of ${limit} entries is full`);
    const place = base + ENTRY_BYTES * (at + 1);
    buffer.data.copyWithin(place + ENTRY_BYTES, place, base + ENTRY_BYTES * count);
    buffer.view.setUint32(place + HASH, hash, true);
    buffer.view.setUint32(place + BLOCK, block, true);
    this.setCounts(count + 1, limit);
  }

  /** The entries from `from` on go to the start of `target`, an empty node. */
  moveEntries(from: number, target: IndexFrame, targetLimit: number): void {
    const { buffer, base, count, limit } = this;
    const source = buffer.data.subarray(base + ENTRY_BYTES * from, base + ENTRY_BYTES * count);
    target.buffer.data.set(source, target.base);
    target.setCounts(count - from, targetLimit);
    this.setCounts(from, limit);
  }
}
