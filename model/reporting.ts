import type { FileInode, Inode } from './inode.ts';
import { largestBytes } from './inline-data.ts';
import { INT_MAX } from './limits.ts';
import { openForLooking } from './opening.ts';
import { counted, failure, success } from './outcome.ts';
import type { Errno, FileExtent, Outcome } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import { isPrivileged } from './caller.ts';
import type { State } from './state.ts';

/**
 * FS_IOC_FIEMAP. Any extents that cover what was written will do, so the model follows what it sees. Of a directory it
 * knows nothing.
 */
export function fiemap(state: State, { path, offset, length, sync }: OperationOf<'fiemap'>): Outcome {
  const inode = openForLooking(state, path);
  if (typeof inode === 'string') return failure(inode);
  if (length <= 0) return failure('EINVAL');
  // Where a file with extents ends, EINVAL says just that; anywhere else, that a file in its inode ends there.
  const refusals: readonly Errno[] = offset === state.options.maxReadBytes ? ['EFBIG'] : ['EFBIG', 'EINVAL'];
  const maxFileBytes = largestBytes(state, inode, refusals);
  if (offset < 0 || offset > maxFileBytes) return failure('EFBIG');
  // Cut off at the largest file, nothing is left to ask for (ext4_fiemap_check_ranges, fiemap_prep).
  if (offset === maxFileBytes) return failure('EINVAL');
  const { observed } = state;
  const seen = observed?.ok === true && observed.value.kind === 'extents' ? observed.value.extents : null;
  const end = Math.min(offset + length, maxFileBytes);
  if (seen !== null && isPlausible(state, inode, seen, offset, end, sync === true) && observed !== undefined)
    return observed;
  return success({ kind: 'extents', extents: inode.type === 'file' ? leastExtents(inode, offset, end) : [] });
}

/** One extent for all that was written, of those that touch the range: what a target at least shows. */
function leastExtents({ contents }: FileInode, start: number, end: number): FileExtent[] {
  const first = contents.firstWritten(start);
  return first >= end ? [] : [{ offset: first, length: end - first, state: 'written' }];
}

/** In order, in whole blocks, within what was asked for, and with every block in which something was written. */
function isPlausible(
  { options }: State,
  inode: Inode,
  extents: readonly FileExtent[],
  start: number,
  end: number,
  synced: boolean,
): boolean {
  const { blockSizeBytes } = options;
  let reached = 0;
  // Everything up to here is covered, or was never written.
  let covered = start;
  for (const { offset, length, state } of extents) {
    if (length <= 0 || offset < reached || offset >= end || offset + length <= start) return false;
    if (state === 'inline') {
      if (!options.inlineData || offset !== 0) return false;
    } else if (offset % blockSizeBytes !== 0 || length % blockSizeBytes !== 0) return false;
    if (synced && state === 'delayed') return false;
    reached = offset + length;
    if (synced && state === 'unwritten') continue;
    if (inode.type === 'file' && inode.contents.hasWritten(covered, offset)) return false;
    covered = reached;
  }
  return inode.type !== 'file' || !inode.contents.hasWritten(covered, end);
}

/**
 * FIBMAP. A block of a file that has bytes, and waits for a place, gets one; without delayed allocation it may be
 * unwritten until it is written out, and then has no number.
 */
export function bmap(state: State, { path, block }: OperationOf<'bmap'>): Outcome {
  const { options, observedCount: seen } = state;
  const inode = openForLooking(state, path);
  if (typeof inode === 'string') return failure(inode);
  if (inode.type !== 'file') return failure('ENOTTY');
  if (!isPrivileged(state.caller) || !options.rootHasRawIo) return failure('EPERM');
  if (block < 0) return failure('EINVAL');
  const start = block * options.blockSizeBytes;
  const mayBeNone =
    !options.delalloc ||
    options.inlineData ||
    inode.flags.journalData ||
    !inode.contents.hasWritten(start, start + options.blockSizeBytes);
  const least = mayBeNone ? 0 : 1;
  return counted(seen !== null && seen >= least && seen <= INT_MAX ? seen : least);
}
