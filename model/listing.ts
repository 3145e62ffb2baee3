import { failure, success } from './outcome.ts';
import type { DirectoryEntry, Outcome, Path } from './operation.ts';
import { READ, accessError } from './permission.ts';
import type { State } from './state.ts';

/** open(2) with O_DIRECTORY, getdents(2) up to the end, and close(2). An access, also when there is no entry. */
export function readdir(state: State, path: Path): Outcome {
  const inode = state.walk.resolve(path, true);
  if (typeof inode === 'string') return failure(inode);
  if (inode.type !== 'directory') return failure('ENOTDIR');
  const error = accessError(state, inode, READ);
  if (error !== null) return failure(error);
  state.markAccessed(inode);
  const entries: DirectoryEntry[] = [];
  for (const { name, type } of inode.children.values()) entries.push({ name, type });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return success({ kind: 'entries', entries });
}

/** readlink(2) with a buffer that every target fits into. An access to the link. */
export function readlink(state: State, path: Path): Outcome {
  const inode = state.walk.resolve(path, false);
  if (typeof inode === 'string') return failure(inode);
  if (inode.type !== 'symlink') return failure('EINVAL');
  state.markAccessed(inode);
  return success({ kind: 'text', text: inode.target });
}
