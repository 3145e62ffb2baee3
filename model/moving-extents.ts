import { journalsData } from './direct-io.ts';
import type { FileInode } from './inode.ts';
import type { OpenFile } from './open-file.ts';
import { counted, failure } from './outcome.ts';
import type { Errno, Outcome } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import { FILE_BLOCKS_MAX, PAGE_BYTES } from './limits.ts';
import type { State } from './state.ts';

type Move = OperationOf<'move-extent'>;

/**
 * EXT4_IOC_MOVE_EXT. What the file holds stays, wherever it ends. What the donor holds of the range reads as it did while it is
 * in memory, and as zeros when it is read anew: nobody knows. How far it comes depends on where both files have blocks.
 */
export function moveExtent(state: State, operation: Move): Outcome {
  const file = state.handles.get(operation.handle);
  const donor = state.handles.get(operation.donor);
  if (file === undefined || !file.readable || !file.writable) return failure('EBADF');
  if (donor === undefined || !donor.writable) return failure('EBADF');
  const { blockSizeBytes, bigalloc } = state.options;
  if (bigalloc) return failure('EOPNOTSUPP');
  if (file.inode === donor.inode || file.inode.type !== 'file' || donor.inode.type !== 'file')
    return failure('EINVAL');
  const error = filesError(state, file.inode, donor.inode) ?? rangeError(state, operation);
  if (error !== null) return failure(error);
  const length = lengthWithin(state, file, donor, operation);
  if (length === 0) return failure('EINVAL');
  const { observedCount } = state;
  const stopped = whatStopped(state);
  if (stopped === null && observedCount === 0) return counted(0);
  forgetDonor(donor.inode, operation.donorOffset * blockSizeBytes, length * blockSizeBytes);
  if (stopped !== null) return failure(stopped);
  return counted(Math.min(Math.max(0, observedCount ?? 0), length));
}

/**
 * What ends a move on its way: a hole up to the end of the file, something that is dirty (the commit that would write it did not),
 * and no room to cut an extent.
 */
function whatStopped({ observedErrno, ranOutOfSpace }: State): Errno | null {
  if (observedErrno === 'ENODATA' || observedErrno === 'EBUSY') return observedErrno;
  return ranOutOfSpace ? 'ENOSPC' : null;
}

/** The checks of ext4_move_extents and mext_check_arguments, in their order. Files on the iomap path refuse. */
function filesError(state: State, file: FileInode, donor: FileInode): Errno | null {
  if (state.options.dax || journalsData(state, file) || journalsData(state, donor)) return 'EOPNOTSUPP';
  if ((donor.mode & SET_ID_BITS) !== 0) return 'EINVAL';
  if (donor.flags.immutable || donor.flags.append) return 'EPERM';
  if (state.isSwapFile(file) || state.isSwapFile(donor)) return 'ETXTBSY';
  if (!file.extents || !donor.extents || state.observedErrno === 'EOPNOTSUPP') return 'EOPNOTSUPP';
  return file.contents.size === 0 || donor.contents.size === 0 ? 'EINVAL' : null;
}

const SET_ID_BITS = 0o6000;

/** The same place within a page, and within what a file can have. */
function rangeError({ options }: State, { offset, donorOffset, length }: Move): Errno | null {
  const perPage = Math.max(1, PAGE_BYTES / options.blockSizeBytes);
  if (offset % perPage !== donorOffset % perPage) return 'EINVAL';
  const last = Math.max(offset, donorOffset);
  return last >= FILE_BLOCKS_MAX || length > FILE_BLOCKS_MAX || last + length >= FILE_BLOCKS_MAX
    ? 'EINVAL'
    : null;
}

/** How many blocks a move is about, after it was clipped to the file and then to its donor; 0 is refused. */
function lengthWithin({ options }: State, file: OpenFile, donor: OpenFile, operation: Move): number {
  const blocksOf = ({ size }: OpenFile): number => Math.ceil(size / options.blockSizeBytes);
  const first = clipped(blocksOf(file), operation.offset, operation.length);
  return clipped(blocksOf(donor), operation.donorOffset, first);
}

/** As the kernel clips, one block more than the file has is none too many, and no blocks from the first on are all of them. */
function clipped(blocks: number, start: number, length: number): number {
  if (blocks <= start) return 0;
  const last = start + length - 1;
  return last < 0 || blocks < last ? blocks - start : length;
}

/** What was never written is zeros whatever happens; of what was, nobody knows. */
function forgetDonor({ contents }: FileInode, start: number, length: number): void {
  contents.forgetWritten(start, Math.min(start + length, contents.size));
}
