import { isPrivileged } from './caller.ts';
import type { FileInode, Inode } from './inode.ts';
import { PAGE_BYTES } from './limits.ts';
import { findToOpen } from './opening.ts';
import { DONE, failure } from './outcome.ts';
import type { Errno, Outcome, Path } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import type { State } from './state.ts';
import { writeTo } from './writing.ts';

/** What mkswap(8) writes, which nobody reads as contents: one page. */
const HEADER = [{ kind: 'any', length: PAGE_BYTES }] as const;

/** The page of the header, and one to swap to. */
const LEAST_BYTES = 2 * PAGE_BYTES;

export function mkswap(state: State, { handle }: OperationOf<'mkswap'>): Outcome {
  const file = state.handles.get(handle);
  if (file === undefined) return failure('EBADF');
  return writeTo(state, file, 0, HEADER, { length: PAGE_BYTES });
}

/**
 * swapon(2), in its order. A header is where nobody knows what is there; whether each page has a place of its own is the target's
 * affair. What the kernel writes to the page behind the header, nobody knows either.
 */
export function swapon(state: State, { path }: OperationOf<'swapon'>): Outcome {
  const inode = openPrivileged(state, path);
  if (typeof inode === 'string') return failure(inode);
  if (inode.type !== 'file') return failure('EINVAL');
  if (state.swapFiles.has(inode)) return failure('EBUSY');
  if (!mayBeSwap(state, inode) || state.observedErrno === 'EINVAL') return failure('EINVAL');
  state.swapFiles.add(inode);
  inode.contents.forget(PAGE_BYTES, LEAST_BYTES);
  return DONE;
}

export function swapoff(state: State, { path }: OperationOf<'swapoff'>): Outcome {
  const inode = openPrivileged(state, path);
  if (typeof inode === 'string') return failure(inode);
  return inode.type === 'file' && state.swapFiles.delete(inode) ? DONE : failure('EINVAL');
}

const openPrivileged = (state: State, path: Path): Inode | Errno =>
  isPrivileged(state.caller) ? findToOpen(state, path, 'read-write') : 'EPERM';

function mayBeSwap({ options }: State, { contents }: FileInode): boolean {
  if (options.dax || options.blockSizeBytes > PAGE_BYTES || contents.size < LEAST_BYTES) return false;
  return contents.read(0, PAGE_BYTES).some(({ kind }) => kind === 'any');
}
