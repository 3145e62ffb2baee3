import { MountRefused } from '../../lib/corruption.ts';
import { crc32c } from '../../lib/crc32c.ts';
import type { FastCommitReader } from '../../jbd2/fast-commit-area.ts';
import {
  FastCommitHeadLayout,
  FastCommitTagLayout,
  FastCommitTailLayout,
  FC_ADD_RANGE,
  FC_HEAD,
  FC_INODE,
  FC_PAD,
  FC_TAIL,
} from '../layout/fast-commit.ts';

/** A tag that says what changed: a name, an inode, a range of blocks. */
export interface ChangeTag {
  /** FC_ADD_RANGE .. FC_INODE. */
  readonly tag: number;
  readonly value: Uint8Array;
}

/** What one fsync wrote, in order. */
export type WholeCommit = readonly ChangeTag[];

/**
 * Finds the fast commits that count (ext4_fc_replay_scan). Each ends in a tail with the id of its transaction and a checksum
 * over its tags; whatever comes after the last whole one does not count. Where not even the first is whole, the kernel refuses the
 * mount; here it was never finished, so there is nothing to replay.
 */
export class FastCommitScan implements FastCommitReader {
  readonly commits: WholeCommit[] = [];
  #register = 0;
  #blocks = 0;
  #tags: ChangeTag[] = [];

  get found(): boolean {
    return this.commits.length > 0;
  }

  /** Throws MountRefused for a fast commit with features that nobody knows. */
  add(data: Uint8Array, tid: number): boolean {
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    const raw = FastCommitTagLayout.at(view);
    if (this.#blocks++ === 0 && raw.tag !== FC_HEAD) return false;
    let offset = 0;
    while (offset + FastCommitTagLayout.size <= data.length) {
      raw.base = offset;
      const { tag, length } = raw;
      const start = offset + FastCommitTagLayout.size;
      if (tag < FC_ADD_RANGE || tag > FC_HEAD || start + length > data.length) return false;
      if (tag === FC_TAIL) return this.#endsWhole(data, view, offset, tid);
      const value = data.subarray(start, start + length);
      if (tag === FC_HEAD && !isHeadOf(value, tid)) return false;
      if (tag <= FC_INODE) this.#tags.push({ tag, value });
      this.#register = crc32c(this.#register, data.subarray(offset, start + length));
      if (tag === FC_PAD) return true;
      offset = start + length;
    }
    return true;
  }

  #endsWhole(data: Uint8Array, view: DataView, offset: number, tid: number): boolean {
    const start = offset + FastCommitTagLayout.size;
    if (start + FastCommitTailLayout.size > data.length) return false;
    const tail = FastCommitTailLayout.at(view, start);
    const covered = start + FastCommitTailLayout.fields.checksum.offset;
    const whole = crc32c(this.#register, data.subarray(offset, covered)) === tail.checksum;
    if (!whole || tail.tid !== tid) return false;
    this.#register = 0;
    this.commits.push(this.#tags);
    this.#tags = [];
    return true;
  }
}

function isHeadOf(value: Uint8Array, wanted: number): boolean {
  if (value.length < FastCommitHeadLayout.size) return false;
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  const { features, tid } = FastCommitHeadLayout.at(view);
  if (tid !== wanted) return false;
  if (features !== 0) throw new MountRefused(`fast commits with features ${features}`);
  return true;
}
