import type { FileInode } from './inode.ts';
import { largestBytes } from './inline-data.ts';
import type { OpenFile } from './open-file.ts';
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
  if (whence === 'data' || whence === 'hole') return seekContents(state, file, offset, whence);
  const base = whence === 'set' ? 0 : whence === 'current' ? file.position : file.size;
  const position = base + offset;
  if (position < 0 || position > largestBytes(state, file.inode, ['EINVAL'])) return failure('EINVAL');
  file.position = position;
  return counted(position);
}

/**
 * SEEK_DATA and SEEK_HOLE (iomap_seek_data, iomap_seek_hole). What is a hole is the target's affair, but for this: bytes
 * that were written are data, and behind the end of file is a hole.
 */
function seekContents(state: State, file: OpenFile, offset: number, whence: 'data' | 'hole'): Outcome {
  const { inode } = file;
  if (inode.type !== 'file' || offset < 0 || offset >= inode.contents.size) return failure('ENXIO');
  // Of a file that outgrew its inode in memory only, ext4_iomap_begin_report says so.
  if (state.options.inlineData && state.observedErrno === 'ENOENT') return failure('ENOENT');
  const seen = state.observedCount;
  const { size } = inode.contents;
  const followed = seen !== null && isPlace(state, inode, offset, seen, whence) ? seen : null;
  const place = followed ?? (whence === 'hole' ? size : inode.contents.firstWritten(offset));
  if (place === Infinity) return failure('ENXIO');
  file.position = place;
  return counted(place);
}

/** Whether a target may find it there: at the start, or where a block begins, and past nothing that counts. */
function isPlace(
  { options }: State,
  { contents }: FileInode,
  offset: number,
  found: number,
  whence: 'data' | 'hole',
): boolean {
  const { blockSizeBytes } = options;
  if (!Number.isInteger(found) || found < offset || found > contents.size) return false;
  if (whence === 'hole' && found === contents.size) return true;
  if (found !== offset && found % blockSizeBytes !== 0) return false;
  if (whence === 'data') return found < contents.size && !contents.hasWritten(offset, found);
  const block = found - (found % blockSizeBytes);
  return !contents.hasWritten(block, block + blockSizeBytes);
}
