import { statOf, type DirectoryInode, type Inode } from '../inode.ts';
import type { Path, Stat } from '../operation.ts';
import type { SparseContents } from '../sparse-contents.ts';

/** An inode as it was between two operations. Two moments share it when nothing about it changed. */
export interface InodeMoment {
  /** Tells inodes from each other for the whole history; a number is never given twice. */
  readonly id: number;
  readonly stat: Stat;
  /** Only of a regular file; never changed any more. */
  readonly contents: SparseContents | null;
  /** Only of a symbolic link. */
  readonly target: string | null;
  /** Whether its times are known for certain. */
  readonly timesKnown: boolean;
  /** Whether its bytes may have come by a store to a mapping, which reaches the file system whenever it likes. */
  readonly stored: boolean;
}

/** The whole tree between two operations. */
export interface Moment {
  /** Every path with the number of its inode; `.` is the root. */
  readonly names: ReadonlyMap<Path, number>;
  readonly inodes: ReadonlyMap<number, InodeMoment>;
}

/** Numbers for the inodes of one model. */
export class InodeNumbers {
  readonly #numbers = new WeakMap<Inode, number>();
  #last = 0;

  of(inode: Inode): number {
    const known = this.#numbers.get(inode) ?? ++this.#last;
    this.#numbers.set(inode, known);
    return known;
  }
}

/** The tree as it is now. `held` are inodes that live by a descriptor or mapping, with or without a name. */
export function momentOf(
  root: DirectoryInode,
  held: Iterable<Inode>,
  numbers: InodeNumbers,
  before: Moment | null,
): Moment {
  const names = new Map<Path, number>();
  const inodes = new Map<number, InodeMoment>();
  const add = (inode: Inode): number => {
    const id = numbers.of(inode);
    if (!inodes.has(id)) inodes.set(id, inodeMoment(id, inode, before?.inodes.get(id)));
    return id;
  };
  const walk = (directory: DirectoryInode, prefix: Path): void => {
    for (const { name, inode } of directory.children.values()) {
      names.set(prefix + name, add(inode));
      if (inode.type === 'directory') walk(inode, `${prefix}${name}/`);
    }
  };
  names.set('.', add(root));
  walk(root, '');
  for (const inode of held) add(inode);
  return { names, inodes };
}

function inodeMoment(id: number, inode: Inode, before: InodeMoment | undefined): InodeMoment {
  const stat = statOf(inode);
  const contents = inode.type === 'file' ? inode.contents : null;
  const timesKnown = inode.openMtimes.length === 0 && inode.openCtimes.length === 0;
  const stored = inode.type === 'file' && (inode.strayed || inode.storedPages.size > 0);
  const target = inode.type === 'symlink' ? inode.target : null;
  if (before !== undefined && before.timesKnown === timesKnown && before.stored === stored) {
    const same = contents === null || (before.contents !== null && sameContents(before.contents, contents));
    if (same && sameStat(before.stat, stat)) return before;
    if (same) return { ...before, stat };
  }
  return { id, stat, contents: contents?.clone() ?? null, target, timesKnown, stored };
}

const sameContents = (left: SparseContents, right: SparseContents): boolean =>
  left.size === right.size &&
  JSON.stringify(left.read(0, left.size)) === JSON.stringify(right.read(0, right.size));

/** All but atime, which nobody promises anything about. */
const sameStat = (left: Stat, right: Stat): boolean =>
  JSON.stringify({ ...left, atime: null }) === JSON.stringify({ ...right, atime: null });
