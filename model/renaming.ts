import { WHITEOUT, addSubdirectory, dropSubdirectory, isFullOfSubdirectories, newNode } from './creating.ts';
import type { Dentry, DirectoryInode, Inode } from './inode.ts';
import { DONE, failure } from './outcome.ts';
import type { Errno, Outcome, RenameFlag } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import { WRITE, accessError, creationError, deletionError } from './permission.ts';
import type { State } from './state.ts';

type Rename = OperationOf<'rename'>;

/** What a rename would do, once both paths are walked: both ends, and what the walks said about them. */
interface RenamePlan {
  readonly source: Dentry;
  readonly target: Dentry | null;
  readonly newParent: DirectoryInode;
  readonly newName: string;
  /** Whether slashes follow the last component of the path. */
  readonly oldSlash: boolean;
  readonly newSlash: boolean;
  readonly flag: RenameFlag | undefined;
}

/**
 * renameat2(2). ENOSPC is permitted for a name that does not exist yet, and then nothing changes, and for a whiteout, and
 * then the directory's times may change; a name that exists is overwritten in place.
 */
export function rename(state: State, operation: Rename): Outcome {
  const plan = planRename(state, operation);
  if (typeof plan === 'string') return failure(plan);
  const { source, target, flag } = plan;
  const refusedEarly = slashError(plan) ?? ancestorError(plan);
  if (refusedEarly !== null) return failure(refusedEarly);
  if (target?.inode === source.inode) return DONE;
  const refused = permissionError(state, plan) ?? swapError(state, plan) ?? projectError(plan);
  if (refused !== null) return failure(refused);
  // The whiteout's inode is made before the file system looks at anything else (ext4_whiteout_for_rename).
  if (flag === 'whiteout' && state.ranOutOfSpace) {
    state.markModifiedPerhaps(source.parent);
    return failure('ENOSPC');
  }
  const refusedLate = fileSystemError(state, plan);
  if (refusedLate !== null) {
    // The name was to be the whiteout's and is given back, which counts as a change (ext4_resetent).
    if (flag === 'whiteout') state.markModified(source.parent);
    return failure(refusedLate);
  }
  if (flag === 'exchange' && target !== null) return exchange(state, source, target);
  if (target === null && state.ranOutOfSpace) return failure('ENOSPC');
  carryOut(state, plan);
  return DONE;
}

/**
 * Whether kernels disagree on the errno. Where slashes are wrong, and one end is an ancestor of the other, kernels up to
 * 6.18 complain about the slashes, later ones about the ancestor.
 */
export function renameIsDisputed(state: State, operation: Rename): boolean {
  if (!operation.from.endsWith('/') && !operation.to.endsWith('/')) return false;
  state.walk.touches = false;
  const plan = planRename(state, operation);
  state.walk.touches = true;
  if (typeof plan === 'string') return false;
  const ancestor = ancestorError(plan);
  return ancestor !== null && (slashError(plan) ?? ancestor) !== ancestor;
}

/** Walks both paths and looks both names up, in the kernel's order. */
function planRename(state: State, { from, to, flag }: Rename): RenamePlan | Errno {
  const { walk } = state;
  let error = walk.start(from);
  if (error !== null) return error;
  const { parent: oldParent, last: oldName, kind: oldKind, trailingSlash: oldSlash } = walk;
  error = walk.start(to);
  if (error !== null) return error;
  const { parent: newParent, last: newName, kind: newKind, trailingSlash: newSlash } = walk;
  if (oldKind !== 'name') return 'EBUSY';
  if (newKind !== 'name') return flag === 'noreplace' ? 'EEXIST' : 'EBUSY';
  const source = walk.lookupIn(oldParent, oldName);
  if (typeof source === 'string') return source;
  const found = walk.lookupIn(newParent, newName);
  if (typeof found === 'string' && (found !== 'ENOENT' || flag === 'exchange')) return found;
  const target = typeof found === 'string' ? null : found;
  if (target !== null && flag === 'noreplace') return 'EEXIST';
  return { source, target, newParent, newName, oldSlash, newSlash, flag };
}

/** A slash behind what is, or becomes, no directory (do_renameat2). */
function slashError({ source, target, oldSlash, newSlash, flag }: RenamePlan): Errno | null {
  if (flag === 'exchange' && newSlash && target?.inode.type !== 'directory') return 'ENOTDIR';
  if (source.inode.type === 'directory') return null;
  return oldSlash || (newSlash && flag !== 'exchange') ? 'ENOTDIR' : null;
}

/** One end above the other (lock_rename, do_renameat2). */
function ancestorError({ source, target, newParent, flag }: RenamePlan): Errno | null {
  if (source.parent === newParent) return null;
  if (source === entryTowards(source.parent, newParent)) return 'EINVAL';
  if (target === null || target !== entryTowards(newParent, source.parent)) return null;
  return flag === 'exchange' ? 'EINVAL' : 'ENOTEMPTY';
}

/** The errors of vfs_rename: both names must be free to go, and a directory that changes its parent is written to. */
function permissionError(state: State, { source, target, newParent, flag }: RenamePlan): Errno | null {
  const movesDirectory = source.inode.type === 'directory';
  const replacesDirectory = target?.inode.type === 'directory';
  const error =
    deletionError(state, source, movesDirectory) ??
    (target === null
      ? creationError(state, newParent)
      : deletionError(state, target, flag === 'exchange' ? replacesDirectory : movesDirectory));
  if (error !== null || source.parent === newParent) return error;
  const sourceError = movesDirectory ? accessError(state, source.inode, WRITE) : null;
  if (sourceError !== null || target === null || flag !== 'exchange' || !replacesDirectory)
    return sourceError;
  return accessError(state, target.inode, WRITE);
}

/** What the kernel swaps to keeps its name (vfs_rename). */
const swapError = (state: State, { source, target }: RenamePlan): Errno | null =>
  state.isSwapFile(source.inode) || (target !== null && state.isSwapFile(target.inode)) ? 'EPERM' : null;

/** A directory that hands its project down lets nothing of another one in. */
function projectError({ source, target, newParent, flag }: RenamePlan): Errno | null {
  if (mayNotEnter(source.inode, newParent)) return 'EXDEV';
  if (flag !== 'exchange' || target === null) return null;
  return mayNotEnter(target.inode, source.parent) ? 'EXDEV' : null;
}

/** The other errors of ext4_rename and ext4_cross_rename. */
function fileSystemError(state: State, { source, target, newParent, flag }: RenamePlan): Errno | null {
  const movesDirectory = source.inode.type === 'directory';
  const leaves = source.parent !== newParent;
  if (flag === 'exchange' && target !== null) {
    if (!leaves || movesDirectory === (target.inode.type === 'directory')) return null;
    return isFullOfSubdirectories(state, movesDirectory ? newParent : source.parent) ? 'EMLINK' : null;
  }
  if (!movesDirectory) return null;
  if (target?.inode.type === 'directory') return target.inode.children.size > 0 ? 'ENOTEMPTY' : null;
  return leaves && isFullOfSubdirectories(state, newParent) ? 'EMLINK' : null;
}

const mayNotEnter = (inode: Inode, directory: DirectoryInode): boolean =>
  directory.handsProjectDown && directory.project !== inode.project;

function exchange(state: State, source: Dentry, target: Dentry): Outcome {
  const [oldParent, newParent] = [source.parent, target.parent];
  const isDirectory = source.inode.type === 'directory';
  state.exchangeNames(source, target);
  for (const { inode } of [source, target]) state.markChanged(inode);
  state.markModified(oldParent);
  state.markModified(newParent);
  if (oldParent === newParent || isDirectory === (target.inode.type === 'directory')) return DONE;
  dropSubdirectory(isDirectory ? oldParent : newParent);
  addSubdirectory(state, isDirectory ? newParent : oldParent);
  return DONE;
}

function carryOut(state: State, { source, target, newParent, newName, flag }: RenamePlan): void {
  const { parent: oldParent, name: oldName, inode } = source;
  const movesDirectory = inode.type === 'directory';
  const whiteout = flag === 'whiteout' ? newNode(state, oldParent, 'character-device', WHITEOUT, 0) : null;
  state.markModified(newParent);
  state.markModified(oldParent);
  state.markChanged(inode);
  if (target !== null) {
    state.removeName(target);
    if (target.inode.type === 'directory') target.inode.links = 0;
    else target.inode.links--;
    state.markChanged(target.inode);
  }
  state.moveName(source, newParent, newName);
  if (whiteout !== null) state.addName(oldParent, oldName, whiteout);
  if (movesDirectory) {
    dropSubdirectory(oldParent);
    if (target === null) addSubdirectory(state, newParent);
  }
}

/** The child of `ancestor` on the way down to `descendant`; null when `descendant` is not below it. */
function entryTowards(ancestor: DirectoryInode, descendant: DirectoryInode): Dentry | null {
  let directory = descendant;
  for (;;) {
    const { dentry } = directory;
    if (dentry === null) return null;
    if (dentry.parent === ancestor) return dentry;
    directory = dentry.parent;
  }
}
