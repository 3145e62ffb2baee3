import { addSubdirectory, dropSubdirectory } from './creating.ts';
import type { Dentry, DirectoryInode } from './inode.ts';
import { DONE, failure } from './outcome.ts';
import type { Errno, Outcome } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import type { State } from './state.ts';

type Rename = OperationOf<'rename'>;

/** What a rename would do, once both paths are walked: both ends, and what the walks said about them. */
interface RenamePlan {
  readonly source: Dentry;
  readonly target: Dentry | null;
  readonly newParent: DirectoryInode;
  readonly newName: string;
  /** Whether slashes follow the last component of either path. */
  readonly trailingSlash: boolean;
}

/**
 * rename(2). ENOSPC is permitted for a name that does not exist yet, and then nothing changes; a name that exists is
 * overwritten in place.
 */
export function rename(state: State, operation: Rename): Outcome {
  const plan = planRename(state, operation);
  if (typeof plan === 'string') return failure(plan);
  const { source, target } = plan;
  if (target?.inode === source.inode) return refusedByPaths(plan) ?? DONE;
  const refused = refusedByPaths(plan) ?? refusedByTypes(source, target);
  if (refused !== null) return refused;
  if (target === null && state.ranOutOfSpace) return failure('ENOSPC');
  carryOut(state, plan);
  return DONE;
}

/**
 * Whether kernels disagree on the errno. For a file at the end of a path with a slash, and a target that is an ancestor
 * of the file, kernels up to 6.18 complain about the slash (ENOTDIR), later ones about the ancestor (ENOTEMPTY).
 */
export function renameIsDisputed(state: State, operation: Rename): boolean {
  if (!operation.from.endsWith('/') && !operation.to.endsWith('/')) return false;
  state.walk.touches = false;
  const plan = planRename(state, operation);
  state.walk.touches = true;
  if (typeof plan === 'string' || plan.source.inode.type === 'directory') return false;
  return plan.target !== null && plan.target === entryTowards(plan.newParent, plan.source.parent);
}

/** Walks both paths and looks both names up, in the kernel's order. */
function planRename(state: State, operation: Rename): RenamePlan | Errno {
  const { walk } = state;
  let error = walk.start(operation.from);
  if (error !== null) return error;
  const { parent: oldParent, last: oldName, kind: oldKind, trailingSlash: oldSlash } = walk;
  error = walk.start(operation.to);
  if (error !== null) return error;
  const { parent: newParent, last: newName, kind: newKind, trailingSlash: newSlash } = walk;
  if (oldKind !== 'name' || newKind !== 'name') return 'EBUSY';
  const source = walk.lookupIn(oldParent, oldName);
  if (typeof source === 'string') return source;
  const target = walk.lookupIn(newParent, newName);
  if (typeof target === 'string' && target !== 'ENOENT') return target;
  return {
    source,
    target: typeof target === 'string' ? null : target,
    newParent,
    newName,
    trailingSlash: oldSlash || newSlash,
  };
}

/** The errors of do_renameat2, which come before the file system is asked. */
function refusedByPaths(plan: RenamePlan): Outcome | null {
  const { source, target, newParent } = plan;
  if (source.inode.type !== 'directory' && plan.trailingSlash) return failure('ENOTDIR');
  if (source.parent === newParent) return null;
  if (source === entryTowards(source.parent, newParent)) return failure('EINVAL');
  if (target !== null && target === entryTowards(newParent, source.parent)) return failure('ENOTEMPTY');
  return null;
}

/** The errors of vfs_rename and ext4_rename when the target exists. */
function refusedByTypes(source: Dentry, target: Dentry | null): Outcome | null {
  if (target === null) return null;
  if (source.inode.type !== 'directory') return target.inode.type === 'directory' ? failure('EISDIR') : null;
  if (target.inode.type !== 'directory') return failure('ENOTDIR');
  return target.inode.children.size > 0 ? failure('ENOTEMPTY') : null;
}

function carryOut(state: State, plan: RenamePlan): void {
  const { source, target, newParent } = plan;
  const oldParent = source.parent;
  const movesDirectory = source.inode.type === 'directory';
  state.markModified(newParent);
  state.markModified(oldParent);
  state.markChanged(source.inode);
  if (target !== null) {
    state.removeName(target);
    if (target.inode.type === 'directory') target.inode.links = 0;
    else target.inode.links--;
    state.markChanged(target.inode);
  }
  state.moveName(source, newParent, plan.newName);
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
