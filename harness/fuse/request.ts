import type { Layout, Words } from './layout.ts';
import { requestHeader } from './messages.ts';

/** A request of the kernel, over the memory that it was read into. */
export class FuseRequest {
  readonly opcode: number;
  /** What the answer must name. */
  readonly unique: Words;
  readonly node: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of what follows the header. */
  readonly bodyLength: number;
  readonly #memory: Uint8Array;
  readonly #view: DataView;
  #body: Uint8Array | null = null;

  /** The memory may go on behind the request, which says how long it is. `view` is of all of it. */
  constructor(memory: Uint8Array, view = new DataView(memory.buffer, memory.byteOffset, memory.length)) {
    const { opcode, unique, node, uid, gid, length } = requestHeader.read(view);
    this.opcode = opcode;
    this.unique = unique;
    this.node = node;
    this.uid = uid;
    this.gid = gid;
    this.bodyLength = Math.min(length, memory.length) - requestHeader.size;
    this.#memory = memory;
    this.#view = view;
  }

  /** What follows the header. Many requests have nothing but a fixed part, for which nobody makes a view. */
  get body(): Uint8Array {
    return (this.#body ??= this.#memory.subarray(requestHeader.size, requestHeader.size + this.bodyLength));
  }

  /** The fixed part of the body, which begins at byte `at` of it. */
  read<V>(message: Layout<V>, at = 0): V {
    if (at + message.size > this.bodyLength) throw new ShortRequest(this.opcode);
    return message.read(this.#view, requestHeader.size + at);
  }

  has(message: { readonly size: number }): boolean {
    return this.bodyLength >= message.size;
  }

  /** The text that begins at a byte of the body and ends before a NUL, as bytes. */
  nameAt(at: number): Uint8Array {
    const end = this.body.indexOf(0, at);
    if (end < 0) throw new ShortRequest(this.opcode);
    return this.body.subarray(at, end);
  }
}

/** A kernel does not send such things; it is answered with EIO. */
export class ShortRequest extends Error {
  constructor(opcode: number) {
    super(`request ${opcode} is shorter than it must be`);
  }
}
