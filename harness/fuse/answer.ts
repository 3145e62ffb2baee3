import type { Layout, Words } from './layout.ts';
import { answerHeader } from './messages.ts';

/** The answer to one request, put together in memory that all answers share. */
export class FuseAnswer {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #length = answerHeader.size;
  #lent: readonly Uint8Array[] = [];

  /** `capacity`: bytes of the longest body. */
  constructor(capacity: number) {
    this.#bytes = new Uint8Array(answerHeader.size + capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  start(): void {
    this.#length = answerHeader.size;
    this.#lent = [];
  }

  /** Bytes of the body so far. */
  get bodyLength(): number {
    return this.#length - answerHeader.size;
  }

  put<V>(message: Layout<V>, values: NoInfer<V>): void {
    const at = this.#extend(message.size);
    this.#bytes.fill(0, at, at + message.size);
    message.write(this.#view, at, values);
  }

  putBytes(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#extend(bytes.length));
  }

  putZeros(count: number): void {
    const at = this.#extend(count);
    this.#bytes.fill(0, at, at + count);
  }

  /** The next `length` bytes, to be filled; `keep` says how many of them are part of the answer. */
  space(length: number): Uint8Array {
    return this.#bytes.subarray(this.#length, this.#length + length);
  }

  keep(length: number): void {
    this.#extend(length);
  }

  /** The body ends with bytes that lie elsewhere: they have to stay as they are until it was given. */
  lend(pieces: readonly Uint8Array[]): void {
    this.#lent = pieces;
  }

  /** Forgets all but the first bytes of the body. */
  cut(bodyLength: number): void {
    this.#length = answerHeader.size + bodyLength;
  }

  /** The finished answer in pieces: its body, or an error (a positive errno) and nothing else. */
  finish(unique: Words, errno: number): readonly Uint8Array[] {
    if (errno !== 0) this.start();
    const length = this.#lent.reduce((sum, piece) => sum + piece.length, this.#length);
    answerHeader.write(this.#view, 0, { length, error: -errno, unique });
    return [this.#bytes.subarray(0, this.#length), ...this.#lent];
  }

  #extend(count: number): number {
    const at = this.#length;
    this.#length += count;
    return at;
  }
}
