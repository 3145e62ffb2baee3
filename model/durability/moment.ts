import { valuesOfXattrs, type XattrBytes } from '../extended-attributes.ts';
import { flagNames } from '../inode-flags.ts';
import { statOf, type DirectoryInode, type Inode } from '../inode.ts';
import type { FlagName, Path, Stat } from '../operation.ts';
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
  readonly xattrs: ReadonlyMap<string, XattrBytes>;
  /** Only of a regular file or a directory. */
  readonly flags: readonly FlagName[];
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

/** The directory that a path of a moment is listed in. */
export const parentOf = (path: Path): Path =>
  path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.';

/** The names of the one or the other moment, or numbers of inodes, that are not of the same in both. */
export function changedKeys<K, V>(before: ReadonlyMap<K, V>, after: ReadonlyMap<K, V>): K[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) => before.get(key) !== after.get(key),
  );
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
  const xattrs = valuesOfXattrs(inode);
  const flags = inode.type === 'file' || inode.type === 'directory' ? flagNames(inode.flags) : [];
  const now = { id, stat, target, xattrs, flags, timesKnown, stored };
  if (before === undefined) return { ...now, contents: contents?.clone() ?? null };
  const same = contents === null || (before.contents !== null && sameContents(before.contents, contents));
  if (!same) return { ...now, contents: contents.clone() };
  return isUnchanged(before, now) ? before : { ...now, contents: before.contents };
}

const isUnchanged = (before: InodeMoment, now: Omit<InodeMoment, 'contents'>): boolean =>
  before.timesKnown === now.timesKnown &&
  before.stored === now.stored &&
  sameStat(before.stat, now.stat) &&
  JSON.stringify([...before.xattrs]) === JSON.stringify([...now.xattrs]) &&
  before.flags.join() === now.flags.join();

const sameContents = (left: SparseContents, right: SparseContents): boolean =>
  left.size === right.size &&
  JSON.stringify(left.read(0, left.size)) === JSON.stringify(right.read(0, right.size));

/** All but atime, which nobody promises anything about. */
const sameStat = (left: Stat, right: Stat): boolean =>
  JSON.stringify({ ...left, atime: null }) === JSON.stringify({ ...right, atime: null });
