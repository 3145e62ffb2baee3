import { crc32c } from '../../lib/crc32c.ts';
import { FastCommitTagLayout, FastCommitTailLayout, FC_PAD, FC_TAIL } from '../layout/fast-commit.ts';

const TAG_BYTES = FastCommitTagLayout.size;

/** The blocks of one fast commit, put together tag by tag (ext4_fc_reserve_space). No tag crosses from one into the next. */
export class FastCommitImage {
  readonly blocks: Uint8Array[] = [];
  readonly #blockSize: number;
  #view = new DataView(new ArrayBuffer(0));
  #used: number;
  #register = 0;

  constructor(blockSize: number) {
    this.#blockSize = blockSize;
    this.#used = blockSize;
  }

  /** Adds a tag; the parts of its value follow each other. */
  add(tag: number, ...value: readonly Uint8Array[]): void {
    const length = value.reduce((sum, part) => sum + part.length, 0);
    const at = this.#reserve(length);
    const block = this.#tag(at, tag, length);
    let next = at + TAG_BYTES;
    for (const part of value) {
      block.set(part, next);
      next += part.length;
    }
    this.#sum(at, next);
  }

  /** Ends the fast commit (ext4_fc_write_tail): the rest of its last block belongs to the tail. */
  finish(tid: number): void {
    const at = this.#reserve(FastCommitTailLayout.size);
    this.#tag(at, FC_TAIL, this.#blockSize - at - TAG_BYTES);
    const tail = FastCommitTailLayout.at(this.#view, at + TAG_BYTES);
    tail.tid = tid;
    this.#sum(at, at + TAG_BYTES + FastCommitTailLayout.fields.checksum.offset);
    tail.checksum = this.#register;
  }

  /** Room for a tag with a value of so many bytes, behind which the tag of a padding still fits. */
  #reserve(length: number): number {
    const wanted = TAG_BYTES + length;
    if (this.#used + wanted + TAG_BYTES > this.#blockSize) this.#nextBlock();
    const at = this.#used;
    this.#used += wanted;
    return at;
  }

  #nextBlock(): void {
    if (this.blocks.length > 0) {
      this.#tag(this.#used, FC_PAD, this.#blockSize - this.#used - TAG_BYTES);
      this.#sum(this.#used, this.#blockSize);
    }
    const block = new Uint8Array(this.#blockSize);
    this.blocks.push(block);
    this.#view = new DataView(block.buffer);
    this.#used = 0;
  }

  #tag(at: number, tag: number, length: number): Uint8Array {
    const raw = FastCommitTagLayout.at(this.#view, at);
    raw.tag = tag;
    raw.length = length;
    return new Uint8Array(this.#view.buffer);
  }

  #sum(from: number, to: number): void {
    this.#register = crc32c(this.#register, new Uint8Array(this.#view.buffer, from, to - from));
  }
}
