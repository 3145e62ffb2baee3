/** Bytes that a buffer holds before a read, so that a read that claims more than it delivered shows. */
const POISON = 0xdb;

/** One buffer that all reads of a target go to; it grows to the largest read. */
export class ReadBuffer {
  #bytes = new Uint8Array(1 << 16);

  /** `length` poisoned bytes, valid until the next call. */
  take(length: number): Uint8Array {
    if (length > this.#bytes.length) this.#bytes = new Uint8Array(2 ** Math.ceil(Math.log2(length)));
    return this.#bytes.subarray(0, length).fill(POISON);
  }
}
