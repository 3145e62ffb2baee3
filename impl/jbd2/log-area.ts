import type { BlockRuns } from '../block/block-runs.ts';
import { assert } from '../lib/assert.ts';

/** The log as a ring: which blocks it has, and which of them are in use. Numbers are blocks of the journal. */
export class LogArea {
  readonly #places: BlockRuns;
  /** First block of the ring (j_first). */
  readonly first: number;
  /** The block after the last one (j_last). */
  end: number;
  /** Where the next transaction goes. */
  head: number;
  /** The oldest block that recovery would need. */
  tail: number;
  /** The transaction at the tail. */
  tailTid: number;
  /** Blocks not in use (j_free). */
  free: number;

  constructor(places: BlockRuns, first: number, end: number, tailTid: number) {
    this.#places = places;
    this.first = first;
    this.end = end;
    this.head = first;
    this.tail = first;
    this.tailTid = tailTid;
    this.free = end - first;
  }

  get size(): number {
    return this.end - this.first;
  }

  /** The log is empty, and from now on has the blocks up to `end`. */
  resize(end: number): void {
    this.free += end - this.end;
    this.end = end;
    this.goOnAt(this.head);
  }

  /** The log is empty, and its next transaction goes to `block`; to the first one where the log has no such block. */
  goOnAt(block: number): void {
    this.head = block >= this.first && block < this.end ? block : this.first;
    this.tail = this.head;
  }

  /** The block of the device that holds a block of the journal. */
  deviceBlock(block: number): number {
    return this.#places.at(block);
  }

  /** The block after this one in the ring. */
  next(block: number): number {
    return block + 1 === this.end ? this.first : block + 1;
  }

  /** Blocks from `from` on to `to`, going forward. */
  distance(from: number, to: number): number {
    return to >= from ? to - from : to - from + this.size;
  }

  /** Gives back everything before `block`, which transaction `tid` starts at. */
  moveTail(tid: number, block: number): void {
    this.free += this.distance(this.tail, block);
    this.tail = block;
    this.tailTid = tid;
    const used = this.distance(block, this.head);
    assert(
      this.free === this.size - used,
      () => `${used} blocks of the log are in use, and ${this.free} of ${this.size} are free`,
    );
  }
}
