import { DirectoryInode, FileInode, SymlinkInode } from './inode.ts';
import type { Inode } from './inode.ts';
import { OpenFile } from './open-file.ts';
import { State } from './state.ts';

/**
 * A state that goes its own way from here on. Inodes are copied once each, so that names of the same file, and
 * descriptors of a file without a name, stay the same file. Lists keep their order, since generators pick by index.
 */
export function cloneState(state: State): State {
  const copy = new State(state.options, state.root);
  const twins = new Map<Inode, Inode>([[state.root, copy.root]]);
  copy.root.links = state.root.links;
  copy.now = state.now;
  copyChildren(state.root, copy.root, copy, twins);
  for (const [name, file] of state.handles) {
    const inode = twinOf(file.inode, twins);
    if (inode.type === 'symlink') continue;
    const twin = new OpenFile(name, file.openedAs, inode, file.access, file.append);
    twin.position = file.position;
    copy.handles.set(name, twin);
  }
  copy.directories.sortByIndex();
  copy.files.sortByIndex();
  copy.symlinks.sortByIndex();
  return copy;
}

function copyChildren(from: DirectoryInode, to: DirectoryInode, copy: State, twins: Map<Inode, Inode>): void {
  for (const { name, inode, listIndex } of from.children.values()) {
    const twin = twinOf(inode, twins);
    copy.addName(to, name, twin).listIndex = listIndex;
    if (inode.type === 'directory' && twin.type === 'directory') copyChildren(inode, twin, copy, twins);
  }
}

function twinOf(inode: Inode, twins: Map<Inode, Inode>): Inode {
  let twin = twins.get(inode);
  if (twin === undefined) {
    twin = copyOf(inode);
    twin.storedCtime = inode.storedCtime;
    twins.set(inode, twin);
  }
  return twin;
}

function copyOf(inode: Inode): Inode {
  if (inode.type === 'directory') return new DirectoryInode(inode, inode.links);
  if (inode.type === 'symlink') return new SymlinkInode(inode, inode.links, inode.target);
  const twin = new FileInode(inode, inode.links);
  twin.contents = inode.contents.clone();
  return twin;
}
