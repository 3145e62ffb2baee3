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
  /** What follows the header. */
  readonly body: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { opcode, unique, node, uid, gid, length } = requestHeader.read(view);
    this.opcode = opcode;
    this.unique = unique;
    this.node = node;
    this.uid = uid;
    this.gid = gid;
    this.body = bytes.subarray(requestHeader.size, length);
    this.#view = view;
  }

  /** The fixed part of the body, which begins at byte `at` of it. */
  read<V>(message: Layout<V>, at = 0): V {
    if (at + message.size > this.body.length) throw new ShortRequest(this.opcode);
    return message.read(this.#view, requestHeader.size + at);
  }

  has(message: { readonly size: number }): boolean {
    return this.body.length >= message.size;
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
