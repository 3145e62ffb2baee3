import type { FileInode } from './inode.ts';
import { TRANSFER_BYTES_MAX } from './limits.ts';
import type { OpenFile } from './open-file.ts';
import { counted, failure, success } from './outcome.ts';
import type { Content, Outcome, Run } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import { bitsDroppedByWriting, dropCapability, dropPrivileges } from './privileges.ts';
import type { State } from './state.ts';

/** read(2). */
export function read(state: State, operation: OperationOf<'read'>): Outcome {
  const file = state.handles.get(operation.handle);
  if (file === undefined) return failure('EBADF');
  const refused = refusedReading(file);
  if (refused !== null) return refused;
  const runs = readRuns(state, file, file.position, operation.length);
  for (const run of runs) file.position += run.length;
  return success({ kind: 'runs', runs });
}

/** pread(2). The offset is looked at before the descriptor. */
export function pread(state: State, operation: OperationOf<'pread'>): Outcome {
  if (operation.offset < 0) return failure('EINVAL');
  const file = state.handles.get(operation.handle);
  if (file === undefined) return failure('EBADF');
  const refused = refusedReading(file);
  if (refused !== null) return refused;
  return success({ kind: 'runs', runs: readRuns(state, file, operation.offset, operation.length) });
}

/** write(2). Moves the position to behind the last byte written, with O_APPEND too. */
export function write(state: State, operation: OperationOf<'write'>): Outcome {
  const file = state.handles.get(operation.handle);
  if (file === undefined) return failure('EBADF');
  const start = startOfWrite(file, file.position);
  const outcome = writeContent(state, file, start, operation.content);
  if (outcome.ok && outcome.value.kind === 'count' && outcome.value.count > 0) {
    file.position = start + outcome.value.count;
  }
  return outcome;
}

/** pwrite(2). The offset is looked at before the descriptor; with O_APPEND it is ignored, as pwrite(2) warns. */
export function pwrite(state: State, operation: OperationOf<'pwrite'>): Outcome {
  if (operation.offset < 0) return failure('EINVAL');
  const file = state.handles.get(operation.handle);
  if (file === undefined) return failure('EBADF');
  return writeContent(state, file, startOfWrite(file, operation.offset), operation.content);
}

function refusedReading(file: OpenFile): Outcome | null {
  if (!file.readable) return failure('EBADF');
  return file.inode.type === 'directory' ? failure('EISDIR') : null;
}

/**
 * The bytes from `offset` on. A read at or beyond the end of file is an access all the same; a read of no bytes
 * (ext4_file_read_iter), or one that starts beyond the largest file (filemap_read), is none.
 */
function readRuns(state: State, file: OpenFile, offset: number, length: number): Run[] {
  const { inode } = file;
  if (length === 0 || inode.type !== 'file' || offset >= state.options.maxReadBytes) return [];
  state.markAccessed(inode);
  return inode.contents.read(offset, Math.min(length, TRANSFER_BYTES_MAX));
}

function startOfWrite(file: OpenFile, offset: number): number {
  return file.append ? file.size : offset;
}

/**
 * Writes what fits below the largest file. Nothing at all happens for no bytes; that is decided before the limits
 * (generic_write_checks). The times change before the first byte is moved, so also when no byte was.
 */
function writeContent(state: State, file: OpenFile, start: number, content: Content): Outcome {
  const { inode } = file;
  if (!file.writable || inode.type !== 'file') return failure('EBADF');
  if (inode.flags.immutable) return failure('EPERM');
  if (content.length === 0) return counted(0);
  const { maxFileBytes } = state.options;
  if (start >= maxFileBytes) return failure('EFBIG');
  // Changing the mode of an append-only file is EPERM, in this case too (ext4_setattr).
  if (inode.flags.append && bitsDroppedByWriting(state, inode) !== 0) return failure('EPERM');
  const length = Math.min(content.length, TRANSFER_BYTES_MAX, maxFileBytes - start);
  dropCapability(state, inode);
  dropPrivileges(state, inode);
  state.markModified(inode);
  if (state.ranOutOfSpace && mayAllocate(state, inode, start, length)) return failure('ENOSPC');
  const written = writtenLength(state, inode, start, length);
  inode.contents.write(start, content, written);
  return counted(written);
}

/** The target's short count, where one is permitted: the first block that is missing must lie in the rest. */
function writtenLength(state: State, inode: FileInode, start: number, length: number): number {
  const { observed } = state;
  if (observed === undefined || !observed.ok || observed.value.kind !== 'count') return length;
  const { count } = observed.value;
  if (!Number.isInteger(count) || count <= 0 || count >= length) return length;
  return mayAllocate(state, inode, start + count, length - count) ? count : length;
}

/**
 * Whether a write to this range may need a new block: it does unless every block that it touches holds a byte that was
 * written before, for such a block is allocated, or reserved.
 */
function mayAllocate(state: State, inode: FileInode, start: number, length: number): boolean {
  const { blockSizeBytes } = state.options;
  const end = start + length;
  for (let block = start - (start % blockSizeBytes); block < end; block += blockSizeBytes) {
    if (!inode.contents.hasWritten(block, block + blockSizeBytes)) return true;
  }
  return false;
}
