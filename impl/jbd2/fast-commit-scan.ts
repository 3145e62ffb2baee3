import { crc32c } from '../lib/crc32c.ts';
import {
  FastCommitHeadLayout,
  FastCommitTagLayout,
  FastCommitTailLayout,
  FC_ADD_RANGE,
  FC_HEAD,
  FC_PAD,
  FC_TAIL,
} from './layout/fast-commit.ts';

/**
 * How many fast commits follow the transactions of the log (the scan of ext4_fc_replay). Each ends in a tail with the id of
 * the transaction that was running, and a checksum over its tags; what comes after the last whole one does not count.
 */
export class FastCommitScan {
  readonly #tid: number;
  #register = 0;
  #blocks = 0;
  /** Whole fast commits so far. */
  commits = 0;

  /** `tid`: the one after the last transaction in the log. */
  constructor(tid: number) {
    this.#tid = tid;
  }

  /** Takes the next block of the area; answers whether the one after it may go on. */
  add(data: Uint8Array): boolean {
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    const raw = FastCommitTagLayout.at(view);
    if (this.#blocks++ === 0 && raw.tag !== FC_HEAD) return false;
    let offset = 0;
    while (offset + FastCommitTagLayout.size <= data.length) {
      raw.base = offset;
      const { tag, length } = raw;
      const value = offset + FastCommitTagLayout.size;
      if (tag < FC_ADD_RANGE || tag > FC_HEAD || value + length > data.length) return false;
      if (tag === FC_TAIL) return this.#endsWhole(data, view, offset);
      if (tag === FC_HEAD && !this.#isHeadOfOurs(view, value, length)) return false;
      this.#register = crc32c(this.#register, data.subarray(offset, value + length));
      if (tag === FC_PAD) return true;
      offset = value + length;
    }
    return true;
  }

  #isHeadOfOurs(view: DataView, value: number, length: number): boolean {
    if (length < FastCommitHeadLayout.size) return false;
    const { features, tid } = FastCommitHeadLayout.at(view, value);
    return features === 0 && tid === this.#tid;
  }

  #endsWhole(data: Uint8Array, view: DataView, offset: number): boolean {
    const value = offset + FastCommitTagLayout.size;
    if (value + FastCommitTailLayout.size > data.length) return false;
    const tail = FastCommitTailLayout.at(view, value);
    const covered = value + FastCommitTailLayout.fields.checksum.offset;
    const whole = crc32c(this.#register, data.subarray(offset, covered)) === tail.checksum;
    if (!whole || tail.tid !== this.#tid) return false;
    this.#register = 0;
    this.commits++;
    return true;
  }
}
