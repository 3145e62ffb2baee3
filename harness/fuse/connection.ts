import type { FuseAnswer } from './answer.ts';
import type { Validity } from './attributes.ts';
import type { NodeTree } from './node-tree.ts';
import { FUSE_ROOT_ID } from './protocol-numbers.ts';
import type { FuseRequest } from './request.ts';

/** How the kernel's own cache is used. */
export interface CachePolicy {
  /** The kernel's page cache has files' bytes; else every read and write comes to us. */
  readonly kernelCache: boolean;
  /** How long names and attributes may be believed. */
  readonly validity: Validity;
}

/** What both sides have agreed on. */
export class FuseConnection {
  readonly tree: NodeTree;
  readonly cache: CachePolicy;
  /** FUSE_SETXATTR_EXT: requests to set attributes are longer. */
  extendedSetxattr = false;
  /** The kernel can map files whose bytes it does not cache. */
  mapsDirectFiles = false;
  /** The kernel has said that this was all. */
  ended = false;
  #scratch = new Uint8Array(0);

  constructor(tree: NodeTree, cache: CachePolicy) {
    this.tree = tree;
    this.cache = cache;
  }

  /** The kernel's number of the root is always the same. */
  readonly nodeOf = (number: number): number => (number === FUSE_ROOT_ID ? this.tree.root : number);

  /** So many bytes for what is not answered as it is, good until the next request; they hold anything. */
  scratch(bytes: number): Uint8Array {
    if (this.#scratch.length < bytes) this.#scratch = new Uint8Array(bytes);
    return this.#scratch.subarray(0, bytes);
  }

  /** The name at a byte of a request's body. */
  name(request: FuseRequest, at = 0): string {
    return this.tree.decodeName(request.nameAt(at));
  }
}

/** Does what a request asks, and puts the answer together. Throws FuseFailure, or what the tree throws. */
export type Handler = (connection: FuseConnection, request: FuseRequest, answer: FuseAnswer) => void;

/** An errno that is ours to answer, by name. */
export class FuseFailure extends Error {
  override readonly name = 'FuseFailure';
  readonly errno: string;

  constructor(errno: string) {
    super(errno);
    this.errno = errno;
  }
}
