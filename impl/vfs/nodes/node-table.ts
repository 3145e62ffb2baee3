import type { Inode } from '../../ext4/inode/inode.ts';
import { assert } from '../../lib/assert.ts';
import { fail } from '../../lib/errno.ts';
import { READY, type Sleepable } from '../../sched/sleepable.ts';
import type { KernelContext } from '../kernel-context.ts';

/** An inode that somebody outside knows by its number, and how many answers have told it to him. */
interface Known {
  readonly inode: Inode;
  lookups: number;
}

/**
 * The inodes that a front end outside holds, by number: its dentries and inodes are not ours. Each has one reference, from
 * the first answer that tells of it to the `forget` of the last, so that a file without a name stays until then.
 */
export class NodeTable {
  readonly #context: KernelContext;
  readonly #known = new Map<number, Known>();

  constructor(context: KernelContext) {
    this.#context = context;
  }

  /** The root is known from the start, and never forgotten. */
  get root(): number {
    return this.#context.root.ino;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Fails with ESTALE for a number that nobody was told. */
  get(node: number): Inode {
    if (node === this.root) return this.#context.root;
    return this.#known.get(node)?.inode ?? fail('ESTALE');
  }

  /** One answer more tells of the inode, whose reference the table takes over. */
  enter(inode: Inode): Sleepable<void> {
    const known = this.#known.get(inode.ino);
    if (known === undefined) {
      this.#known.set(inode.ino, { inode, lookups: 1 });
      return READY;
    }
    assert(known.inode === inode, () => `two inodes in memory have the number ${inode.ino}`);
    known.lookups++;
    return this.#context.sb.inodes.put(inode);
  }

  /** `lookups` answers are not remembered any more. After the last one, what has no name is freed. */
  forget(node: number, lookups: number): Sleepable<void> {
    const known = this.#known.get(node);
    if (known === undefined) return READY;
    known.lookups -= lookups;
    if (known.lookups > 0) return READY;
    this.#known.delete(node);
    return this.#context.sb.inodes.put(known.inode);
  }

  /** Whoever was told is gone. */
  *forgetAll(): Sleepable<void> {
    for (const [node, { lookups }] of [...this.#known]) yield* this.forget(node, lookups);
  }
}
