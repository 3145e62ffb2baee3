import { counted, failure } from './outcome.ts';
import type { Outcome } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import type { State } from './state.ts';

/**
 * lseek(2) as generic_file_llseek_size does it: up to s_maxbytes inclusive, or EINVAL. The positions of a directory are
 * hashes, so its end is no number the model knows: seeking there is not enabled.
 */
export function seek(state: State, operation: OperationOf<'seek'>): Outcome {
  const file = state.handles.get(operation.handle);
  if (file === undefined) return failure('EBADF');
  const { offset, whence } = operation;
  const base = whence === 'set' ? 0 : whence === 'current' ? file.position : file.size;
  const position = base + offset;
  if (position < 0 || position > state.options.maxFileBytes) return failure('EINVAL');
  file.position = position;
  return counted(position);
}
