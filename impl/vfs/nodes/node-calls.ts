import { sameCookie, type DirectoryCookie } from '../../ext4/directory/reading/cookie.ts';
import type { Inode } from '../../ext4/inode/inode.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { seekdir, takeEntries, telldir, type TakeEntry } from '../directory-calls.ts';
import type { KernelContext } from '../kernel-context.ts';
import { linkTo } from '../link-calls.ts';
import { close, open } from '../open-call.ts';
import { resolve } from '../path-walk.ts';
import { itself, type Place } from '../place.ts';
import { checkPermission } from '../permission/permission.ts';
import type { OpenFlags } from '../types.ts';
import { attributesOf, type NodeAttributes, type NodeEntry } from './node-attributes.ts';
import type { NodeTable } from './node-table.ts';
import { rulesOfNode } from './node-transfer.ts';
import { setAttributes, type AttributeChanges } from './set-attributes.ts';

/** An open file that was just made, or found by its name. */
export interface OpenedNode {
  readonly entry: NodeEntry;
  readonly handle: number;
}

/** System calls about inodes that are known by number. What is answered as an entry must be forgotten some day. */
export class NodeCalls {
  readonly #context: KernelContext;
  readonly #nodes: NodeTable;

  constructor(context: KernelContext, nodes: NodeTable) {
    this.#context = context;
    this.#nodes = nodes;
  }

  /** Where a name is. Fails with ESTALE. */
  place(dir: number, name: string): Place {
    return { at: this.#nodes.get(dir), name };
  }

  /** Fails with ENOENT, ENAMETOOLONG. */
  *lookup(dir: number, name: string): Sleepable<NodeEntry> {
    return yield* this.#tell(yield* resolve(this.#context, this.place(dir, name), false));
  }

  /** What an entry of a directory means that was just read from it. */
  *entryOf(ino: number): Sleepable<NodeEntry> {
    return yield* this.#tell(yield* this.#context.sb.inodes.get(ino));
  }

  /** Makes something at a place, and tells of it. */
  *making(place: Place, make: () => Sleepable<void>): Sleepable<NodeEntry> {
    yield* make();
    return yield* this.#tell(yield* resolve(this.#context, place, false));
  }

  *link(node: number, dir: number, name: string): Sleepable<NodeEntry> {
    const inode = this.#nodes.get(node);
    yield* linkTo(this.#context, inode, this.place(dir, name));
    return yield* this.#tell(hold(inode));
  }

  *open(node: number, flags: OpenFlags): Sleepable<number> {
    const place = itself(this.#nodes.get(node));
    return yield* open(this.#context, place, flags, 0, rulesOfNode(flags));
  }

  /** open(2) that makes the file (O_CREAT), or makes one without a name in the directory (O_TMPFILE; `name` is empty). */
  *create(dir: number, name: string, flags: OpenFlags, mode: number): Sleepable<OpenedNode> {
    const handle = yield* open(this.#context, this.place(dir, name), flags, mode, rulesOfNode(flags));
    try {
      return { entry: yield* this.#tell(hold(this.#context.files.get(handle).inode)), handle };
    } catch (error) {
      yield* close(this.#context, handle);
      throw error;
    }
  }

  *setAttributes(node: number, changes: AttributeChanges): Sleepable<NodeAttributes> {
    const inode = this.#nodes.get(node);
    yield* setAttributes(this.#context, inode, changes);
    return attributesOf(inode);
  }

  /** getdents64(2) from a position that it gave before, or START. */
  *readDirectory(handle: number, from: DirectoryCookie, take: TakeEntry): Sleepable<DirectoryCookie> {
    if (!sameCookie(telldir(this.#context, handle), from)) seekdir(this.#context, handle, from);
    return yield* takeEntries(this.#context, handle, take);
  }

  /** access(2), asked for a caller whose permissions nobody has checked. */
  *access(node: number, wanted: number): Sleepable<void> {
    const { caller } = this.#context;
    yield* checkPermission(caller, this.#nodes.get(node), wanted);
  }

  *#tell(inode: Inode): Sleepable<NodeEntry> {
    const { ino, generation } = inode;
    const attributes = attributesOf(inode);
    yield* this.#nodes.enter(inode);
    return { node: ino, generation, attributes };
  }
}

function hold(inode: Inode): Inode {
  inode.references++;
  return inode;
}
