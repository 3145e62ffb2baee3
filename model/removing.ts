import { dropSubdirectory } from './creating.ts';
import { DONE, failure } from './outcome.ts';
import type { Outcome, Path } from './operation.ts';
import { deletionError } from './permission.ts';
import type { State } from './state.ts';

/** unlink(2). The inode lives on while a descriptor is open. */
export function unlink(state: State, path: Path): Outcome {
  const { walk } = state;
  const error = walk.start(path);
  if (error !== null) return failure(error);
  if (walk.kind !== 'name') return failure('EISDIR');
  const found = walk.lookupName();
  if (typeof found === 'string') return failure(found);
  const { inode, parent } = found;
  if (walk.trailingSlash) return failure(inode.type === 'directory' ? 'EISDIR' : 'ENOTDIR');
  const refused = deletionError(state, found, false);
  if (refused !== null) return failure(refused);
  if (state.isSwapFile(inode)) return failure('EPERM');
  state.removeName(found);
  state.markModified(parent);
  inode.links--;
  state.markChanged(inode);
  return DONE;
}

/** rmdir(2). */
export function rmdir(state: State, path: Path): Outcome {
  const { walk } = state;
  const error = walk.start(path);
  if (error !== null) return failure(error);
  if (walk.kind === 'dotdot') return failure('ENOTEMPTY');
  if (walk.kind === 'dot') return failure('EINVAL');
  if (walk.kind === 'root') return failure('EBUSY');
  const found = walk.lookupName();
  if (typeof found === 'string') return failure(found);
  const { inode, parent } = found;
  const refused = deletionError(state, found, true);
  if (refused !== null) return failure(refused);
  if (inode.type !== 'directory') return failure('ENOTDIR');
  if (inode.children.size > 0) return failure('ENOTEMPTY');
  state.removeName(found);
  inode.links = 0;
  state.markChanged(inode);
  state.markModified(parent);
  dropSubdirectory(parent);
  return DONE;
}
