import fc from 'fast-check';
import type { FileSystem } from './file-system.ts';
import { outcome } from './test-mount.fixture.ts';

/**
 * A tree of names as POSIX describes it, a few lines only: the oracle for random changes of the namespace. Every symbolic
 * link in it leads nowhere, so that no path goes through one. Only for tests.
 */
export interface Node {
  readonly type: 'file' | 'directory' | 'symlink';
  readonly children: Map<string, Node>;
  readonly target: string;
  links: number;
}

const newNode = (type: Node['type'], target = ''): Node => ({
  type,
  children: new Map(),
  target,
  links: type === 'directory' ? 2 : 1,
});

export const newTree = (): Node => newNode('directory');

export type Change =
  | { readonly call: 'create' | 'mkdir' | 'unlink' | 'rmdir'; readonly path: readonly string[] }
  | { readonly call: 'dropCaches'; readonly path: readonly string[] }
  | { readonly call: 'symlink'; readonly path: readonly string[]; readonly target: string }
  | { readonly call: 'link' | 'rename'; readonly path: readonly string[]; readonly to: readonly string[] };

/** Long names fill blocks, so that directories grow and entries share slack. */
const NAMES = ['a', 'b', 'c', 'dd', 'name-of-middle-length', 'l'.repeat(200), 'm'.repeat(255), 'é'];

const path = fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 });
const target = fc.constantFrom('nowhere', `nowhere${'/long'.repeat(20)}`);

export const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ call: fc.constantFrom('create', 'mkdir'), path }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constantFrom('unlink', 'rmdir'), path }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constantFrom('dropCaches'), path: fc.constant(['-']) }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('symlink'), path, target }) },
  { weight: 3, arbitrary: fc.record({ call: fc.constantFrom('link', 'rename'), path, to: path }) },
);

/** The errno or 'done', on the file system. */
export function runChange(fs: FileSystem, change: Change): string {
  const at = change.path.join('/');
  return outcome(() => {
    switch (change.call) {
      case 'create':
        fs.close(fs.open(at, { access: 'write', create: true, exclusive: true }));
        return;
      case 'dropCaches':
        // What is dirty stays in memory; what is clean must come back from the disk.
        fs.sync();
        fs.dropCaches();
        return;
      case 'symlink':
        fs.symlink(change.target, at);
        return;
      case 'link':
      case 'rename':
        fs[change.call](at, change.to.join('/'));
        return;
      default:
        fs[change.call](at);
    }
  });
}

/** The same on the tree. */
export function applyChange(root: Node, change: Change): string {
  if (change.call === 'dropCaches') return 'done';
  const parent = parentOf(root, change.path);
  if (typeof parent === 'string') return parent;
  const name = change.path.at(-1) ?? '';
  const node = parent.children.get(name);
  switch (change.call) {
    case 'create':
    case 'mkdir':
    case 'symlink':
      if (node !== undefined) return 'EEXIST';
      return add(parent, name, makeNode(change));
    case 'unlink':
      if (node === undefined) return 'ENOENT';
      return node.type === 'directory' ? 'EISDIR' : drop(parent, name, node);
    case 'rmdir':
      if (node === undefined) return 'ENOENT';
      if (node.type !== 'directory') return 'ENOTDIR';
      return node.children.size > 0 ? 'ENOTEMPTY' : drop(parent, name, node);
    case 'link':
      return node === undefined ? 'ENOENT' : link(root, node, change.to);
    case 'rename':
      return rename(root, parent, change.path, change.to);
  }
}

function makeNode(change: Change): Node {
  if (change.call === 'symlink') return newNode('symlink', change.target);
  return newNode(change.call === 'mkdir' ? 'directory' : 'file');
}

function parentOf(root: Node, path: readonly string[]): Node | string {
  let node = root;
  for (const name of path.slice(0, -1)) {
    const next = node.children.get(name);
    if (next === undefined || next.type === 'symlink') return 'ENOENT';
    if (next.type !== 'directory') return 'ENOTDIR';
    node = next;
  }
  return node;
}

function add(parent: Node, name: string, node: Node): string {
  parent.children.set(name, node);
  if (node.type === 'directory') parent.links++;
  return 'done';
}

function drop(parent: Node, name: string, node: Node): string {
  parent.children.delete(name);
  if (node.type === 'directory') parent.links--;
  else node.links--;
  return 'done';
}

function link(root: Node, node: Node, to: readonly string[]): string {
  const parent = parentOf(root, to);
  if (typeof parent === 'string') return parent;
  const name = to.at(-1) ?? '';
  if (parent.children.has(name)) return 'EEXIST';
  if (node.type === 'directory') return 'EPERM';
  node.links++;
  return add(parent, name, node);
}

const isBelow = (path: readonly string[], above: readonly string[]): boolean =>
  path.length > above.length && above.every((name, index) => path[index] === name);

function rename(root: Node, from: Node, path: readonly string[], to: readonly string[]): string {
  const target = parentOf(root, to);
  if (typeof target === 'string') return target;
  const [oldName, newName] = [path.at(-1) ?? '', to.at(-1) ?? ''];
  const node = from.children.get(oldName);
  if (node === undefined) return 'ENOENT';
  const replaced = target.children.get(newName);
  if (isBelow(to, path)) return 'EINVAL';
  if (isBelow(path, to)) return 'ENOTEMPTY';
  if (node === replaced) return 'done';
  if (replaced !== undefined) {
    if (node.type === 'directory' && replaced.type !== 'directory') return 'ENOTDIR';
    if (node.type !== 'directory' && replaced.type === 'directory') return 'EISDIR';
    if (replaced.children.size > 0) return 'ENOTEMPTY';
    drop(target, newName, replaced);
  }
  from.children.delete(oldName);
  if (node.type === 'directory') from.links--;
  return add(target, newName, node);
}

/** One line a name, the same for the tree and for the file system: path, type, links, target. */
export function describeTree(node: Node, at = '.'): string[] {
  const lines: string[] = [];
  for (const [name, child] of node.children) {
    const path = `${at}/${name}`;
    lines.push(`${path} ${child.type} ${child.links} ${child.target}`, ...describeTree(child, path));
  }
  return lines.sort();
}

export function describeFileSystem(fs: FileSystem, at = '.'): string[] {
  const lines: string[] = [];
  for (const { name, ino, type } of fs.readdir(at)) {
    if (name === 'lost+found') continue;
    const path = `${at}/${name}`;
    const stat = fs.lstat(path);
    if (stat.ino !== ino || stat.type !== type) lines.push(`${path} differs from its entry`);
    lines.push(`${path} ${type} ${stat.links} ${type === 'symlink' ? fs.readlink(path) : ''}`);
    if (type === 'directory') lines.push(...describeFileSystem(fs, path));
  }
  return lines.sort();
}
