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
  /** Names of extended attributes, access control lists among them, sorted; only where there are any. */
  readonly xattrs?: readonly string[];
}

/** Every path, `.` for the root first, then the others sorted by code units. Equal trees are deeply equal. */
export type ModelTree = ReadonlyMap<Path, TreeNode>;

export function treeOf(root: DirectoryInode): ModelTree {
  const nodes: [Path, TreeNode][] = [];
  collect(root, '', nodes);
  nodes.sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map<Path, TreeNode>([['.', nodeOf(root)], ...nodes]);
}

function collect(directory: DirectoryInode, prefix: string, into: [Path, TreeNode][]): void {
  for (const { name, inode } of directory.children.values()) {
    const path = prefix + name;
    into.push([path, nodeOf(inode)]);
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
