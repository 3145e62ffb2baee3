import { attributeNames } from './extended-attributes.ts';
import { statOf } from './inode.ts';
import type { DirectoryInode, Inode } from './inode.ts';
import type { Path, Run, Stat } from './operation.ts';

/** One name of the tree, with all that can be seen of it. */
export interface TreeNode {
  readonly stat: Stat;
  /** The whole contents; only of a regular file. */
  readonly runs?: readonly Run[];
  /** Only of a symbolic link. */
  readonly target?: string;
  /** The first of the names that lead to the same inode, where this is another one. */
  readonly sameAs?: Path;
  /** Names of extended attributes, access control lists among them, sorted; only where there are any. */
  readonly xattrs?: readonly string[];
}

/** Every path, `.` for the root first, then the others sorted by code units. Equal trees are deeply equal. */
export type ModelTree = ReadonlyMap<Path, TreeNode>;

export function treeOf(root: DirectoryInode): ModelTree {
  const names: [Path, Inode][] = [];
  collect(root, '', names);
  names.sort(([a], [b]) => (a < b ? -1 : 1));
  const tree = new Map<Path, TreeNode>([['.', nodeOf(root)]]);
  const firstNames = new Map<Inode, { readonly path: Path; readonly node: TreeNode }>();
  for (const [path, inode] of names) {
    const first = firstNames.get(inode);
    const node = first === undefined ? nodeOf(inode) : { ...first.node, sameAs: first.path };
    if (first === undefined && node.stat.links > 1) firstNames.set(inode, { path, node });
    tree.set(path, node);
  }
  return tree;
}

function collect(directory: DirectoryInode, prefix: string, into: [Path, Inode][]): void {
  for (const { name, inode } of directory.children.values()) {
    const path = prefix + name;
    into.push([path, inode]);
    if (inode.type === 'directory') collect(inode, `${path}/`, into);
  }
}

function nodeOf(inode: Inode): TreeNode {
  const xattrs = attributeNames(inode);
  const node = plainNodeOf(inode);
  return xattrs.length === 0 ? node : { xattrs, ...node };
}

function plainNodeOf(inode: Inode): TreeNode {
  const stat = statOf(inode);
  if (inode.type === 'file') return { stat, runs: inode.contents.read(0, stat.size) };
  return inode.type === 'symlink' ? { stat, target: inode.target } : { stat };
}
