import { DONE, failure } from './outcome.ts';
import type { Outcome } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import type { State } from './state.ts';

/** readahead(2): of readable files only. Whether anything is read, nobody sees. */
export function readahead(state: State, { handle }: OperationOf<'readahead'>): Outcome {
  const file = state.handles.get(handle);
  if (file?.readable !== true) return failure('EBADF');
  return file.inode.type === 'file' ? DONE : failure('EINVAL');
}

/** posix_fadvise(2): nobody need be able to read. */
export function fadvise(state: State, { handle, length }: OperationOf<'fadvise'>): Outcome {
  if (!state.handles.has(handle)) return failure('EBADF');
  return length < 0 ? failure('EINVAL') : DONE;
}

/** sync_file_range(2). */
export function syncFileRange(
  state: State,
  { handle, offset, length }: OperationOf<'sync-file-range'>,
): Outcome {
  if (!state.handles.has(handle)) return failure('EBADF');
  return offset < 0 || length < 0 ? failure('EINVAL') : DONE;
}
