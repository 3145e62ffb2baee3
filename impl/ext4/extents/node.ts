import type { BufferHead } from '../../buffer/buffer-head.ts';
import { assert } from '../../lib/assert.ts';
import { highHalf, lowHalf } from '../../lib/struct.ts';
import {
  EXT4_EXT_MAGIC,
  EXT_INIT_MAX_LEN,
  EXT_UNWRITTEN_MAX_LEN,
  ExtentHeaderLayout,
  ExtentIndexLayout,
  ExtentLayout,
  extentStart,
  indexLeaf,
  type RawExtent,
  type RawExtentHeader,
  type RawExtentIndex,
} from '../layout/extent.ts';

/** One extent of a leaf, decoded. Immutable. */
export interface Extent {
  /** First logical block. */
  readonly logical: number;
  /** Blocks: 1 .. maxLength(unwritten). */
  readonly length: number;
  /** First block on the device. */
  readonly physical: number;
  readonly unwritten: boolean;
}

/** Bytes of a header, and of an entry: the kernel's entries and headers are all alike in size. */
const SLOT_BYTES = ExtentHeaderLayout.size;

/** Blocks that one extent may have: an unwritten one has one less, because of how ee_len tells them apart. */
export const maxLength = (unwritten: boolean): number =>
  unwritten ? EXT_UNWRITTEN_MAX_LEN : EXT_INIT_MAX_LEN;

/** Entries that fit in `bytes` behind the header, as ext4_ext_space_root and ext4_ext_space_block count them. */
export const capacity = (bytes: number): number => Math.floor((bytes - SLOT_BYTES) / SLOT_BYTES);

/**
 * A node of an extent tree where it lies: the root in i_block (`buffer` is null) or a tree block. An index node and a leaf
 * have slots of the same size, so moving entries about does not care which it is.
 */
export class ExtentNode {
  readonly buffer: BufferHead | null;
  readonly #bytes: Uint8Array;
  readonly #header: RawExtentHeader;
  readonly #extent: RawExtent;
  readonly #index: RawExtentIndex;

  constructor(view: DataView, buffer: BufferHead | null) {
    this.buffer = buffer;
    this.#bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    this.#header = ExtentHeaderLayout.at(view);
    this.#extent = ExtentLayout.at(view);
    this.#index = ExtentIndexLayout.at(view);
  }

  /** The node in `buffer`; made once, and kept with it. */
  static of(buffer: BufferHead): ExtentNode {
    if (buffer.cached instanceof ExtentNode) return buffer.cached;
    const node = new ExtentNode(buffer.view, buffer);
    buffer.cached = node;
    return node;
  }

  get header(): RawExtentHeader {
    return this.#header;
  }

  get byteLength(): number {
    return this.#bytes.length;
  }

  get count(): number {
    return this.#header.entries;
  }

  /** Slots that may still be filled. */
  get room(): number {
    return this.#header.max - this.#header.entries;
  }

  /** 0 in a leaf. */
  get depth(): number {
    return this.#header.depth;
  }

  /** Writes the header of an empty node; what lies in the slots is of no meaning. */
  format(depth: number): void {
    this.#header.magic = EXT4_EXT_MAGIC;
    this.#header.entries = 0;
    this.#header.max = capacity(this.#bytes.length);
    this.#header.depth = depth;
    this.#header.generation = 0;
  }

  /** First logical block of an entry, whatever the kind of node. */
  key(slot: number): number {
    this.#extent.base = SLOT_BYTES * (slot + 1);
    return this.#extent.block;
  }

  setKey(slot: number, logical: number): void {
    this.#extent.base = SLOT_BYTES * (slot + 1);
    this.#extent.block = logical;
  }

  /** The last slot whose key is at most `logical`, or -1. */
  search(logical: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.key(middle) <= logical) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  extent(slot: number): Extent {
    const raw = this.#extent;
    raw.base = SLOT_BYTES * (slot + 1);
    const coded = raw.len;
    const unwritten = coded > EXT_INIT_MAX_LEN;
    return {
      logical: raw.block,
      length: unwritten ? coded - EXT_INIT_MAX_LEN : coded,
      physical: extentStart(raw),
      unwritten,
    };
  }

  setExtent(slot: number, extent: Extent): void {
    const { logical, length, physical, unwritten } = extent;
    assert(length > 0 && length <= maxLength(unwritten), () => `extent of ${length} blocks at ${logical}`);
    const raw = this.#extent;
    raw.base = SLOT_BYTES * (slot + 1);
    raw.block = logical;
    raw.len = unwritten ? length + EXT_INIT_MAX_LEN : length;
    raw.startHi = highHalf(physical);
    raw.startLo = lowHalf(physical);
  }

  /** Block of the child below an entry of an index node. */
  child(slot: number): number {
    this.#index.base = SLOT_BYTES * (slot + 1);
    return indexLeaf(this.#index);
  }

  setIndex(slot: number, logical: number, child: number): void {
    const raw = this.#index;
    raw.base = SLOT_BYTES * (slot + 1);
    raw.block = logical;
    raw.leafLo = lowHalf(child);
    raw.leafHi = highHalf(child);
    raw.unused = 0;
  }

  /** Makes the `removed` slots from `slot` on into `added` ones, which the caller fills. */
  resize(slot: number, removed: number, added: number): void {
    const count = this.count;
    assert(
      slot + removed <= count && added - removed <= this.room,
      'extent node is resized beyond its slots',
    );
    if (added !== removed) {
      const tail = SLOT_BYTES * (slot + removed + 1);
      this.#bytes.copyWithin(SLOT_BYTES * (slot + added + 1), tail, SLOT_BYTES * (count + 1));
    }
    this.#header.entries = count + added - removed;
  }

  /** Appends the entries of `source` from `slot` on. */
  appendFrom(source: ExtentNode, slot: number): void {
    const moved = source.count - slot;
    assert(moved <= this.room, 'extent node overflows');
    const from = SLOT_BYTES * (slot + 1);
    this.#bytes.set(source.#bytes.subarray(from, from + SLOT_BYTES * moved), SLOT_BYTES * (this.count + 1));
    this.#header.entries += moved;
  }

  /** Drops the entries from `slot` on. */
  cut(slot: number): void {
    this.#header.entries = slot;
  }
}
