import { DirectoryInode, FileInode, SpecialInode, SymlinkInode } from './inode.ts';
import type { Extras, Inode } from './inode.ts';
import { OpenFile } from './open-file.ts';
import { State } from './state.ts';

/**
 * A state that goes its own way from here on. Inodes are copied once each, so that names of the same file, and
 * descriptors of a file without a name, stay the same file. Lists keep their order, since generators pick by index.
 */
export function cloneState(state: State, options = state.options): State {
  const copy = new State(options, state.root);
  const twins = new Map<Inode, Inode>([[state.root, copy.root]]);
  copy.root.links = state.root.links;
  copyUncertainTimes(state.root, copy.root);
  copyExtras(state.root, copy.root);
  copy.now = state.now;
  copy.caller = state.caller;
  copy.frozen = state.frozen;
  copy.used = { ...state.used };
  copyChildren(state.root, copy.root, copy, twins);
  for (const [name, file] of state.handles) {
    const inode = twinOf(file.inode, twins);
    if (inode.type !== 'file' && inode.type !== 'directory') continue;
    const twin = new OpenFile(name, file.openedAs, inode, file.access, file, file.opener);
    twin.position = file.position;
    copy.handles.set(name, twin);
  }
  for (const [name, mapping] of state.mappings) {
    const inode = twinOf(mapping.inode, twins);
    if (inode.type === 'file') copy.mappings.set(name, mapping.cloneFor(inode));
  }
  for (const inode of state.swapFiles) {
    const twin = twinOf(inode, twins);
    if (twin.type === 'file') copy.swapFiles.add(twin);
  }
  copy.directories.sortByIndex();
  copy.files.sortByIndex();
  copy.symlinks.sortByIndex();
  copy.specials.sortByIndex();
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
    copyUncertainTimes(inode, twin);
    copyExtras(inode, twin);
    twins.set(inode, twin);
  }
  return twin;
}

function copyUncertainTimes(from: Inode, to: Inode): void {
  to.openAtimes = from.openAtimes;
  to.openMtimes = from.openMtimes;
  to.openCtimes = from.openCtimes;
}

/** Lists and maps are never changed in place, so that both may have them. */
function copyExtras(from: Extras, to: Extras): void {
  to.xattrs = from.xattrs;
  to.elsewhere = from.elsewhere;
  to.accessList = from.accessList;
  to.defaultList = from.defaultList;
  to.flags = from.flags;
  to.project = from.project;
  to.handsProjectDown = from.handsProjectDown;
}

function copyOf(inode: Inode): Inode {
  if (inode.type === 'directory') return new DirectoryInode(inode, inode.links);
  if (inode.type === 'symlink') return new SymlinkInode(inode, inode.links, inode.target);
  if (inode instanceof SpecialInode) return new SpecialInode(inode, inode.links, inode.type, inode.device);
  const twin = new FileInode(inode, inode.links, inode.extents);
  twin.contents = inode.contents.clone();
  twin.linkable = inode.linkable;
  twin.reservedBytes = inode.reservedBytes;
  twin.reserved = inode.reserved;
  twin.openSize = inode.openSize;
  twin.strayed = inode.strayed;
  twin.outgrewInode = inode.outgrewInode;
  twin.storedPages = new Set(inode.storedPages);
  return twin;
}
