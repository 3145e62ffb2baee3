import { directRefusal, isDirect, isUncacheable } from './direct-io.ts';
import type { FileInode } from './inode.ts';
import { TRANSFER_BYTES_MAX } from './limits.ts';
import type { OpenFile } from './open-file.ts';
import { failure, success } from './outcome.ts';
import type { Outcome, Run } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import { lengthOf } from './sparse-contents.ts';
import type { State } from './state.ts';
import { hasRwf, isVectored, type Transfer } from './transfer.ts';
import { writeTo } from './writing.ts';

/** read(2), or readv(2) and preadv2(2) where the operation says how. */
export function read(state: State, operation: OperationOf<'read'>): Outcome {
  const file = state.handles.get(operation.handle);
  if (file === undefined) return failure('EBADF');
  const outcome = readFrom(state, file, file.position, operation);
  if (outcome.ok && outcome.value.kind === 'runs') file.position += lengthOf(outcome.value.runs);
  return outcome;
}

/** pread(2). The offset is looked at before the descriptor. */
export function pread(state: State, operation: OperationOf<'pread'>): Outcome {
  if (operation.offset < 0) return failure('EINVAL');
  const file = state.handles.get(operation.handle);
  return file === undefined ? failure('EBADF') : readFrom(state, file, operation.offset, operation);
}

/** write(2). Moves the position to behind the last byte written, with O_APPEND too. */
export function write(state: State, operation: OperationOf<'write'>): Outcome {
  const file = state.handles.get(operation.handle);
  if (file === undefined) return failure('EBADF');
  const start = startOfWrite(file, file.position, operation);
  const outcome = writeTo(state, file, start, operation.content, transferOf(operation));
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
  const start = startOfWrite(file, operation.offset, operation);
  return writeTo(state, file, start, operation.content, transferOf(operation));
}

type Write = OperationOf<'write' | 'pwrite'>;

const startOfWrite = (file: OpenFile, offset: number, operation: Write): number =>
  file.append || hasRwf(operation, 'append') ? file.size : offset;

/** Nearly all writes have no options, and an object of one member costs nothing. */
function transferOf(operation: Write): Transfer {
  const { length } = operation.content;
  return isVectored(operation) ? { length, ...operation } : { length };
}

/**
 * The bytes from `offset` on. A read at or beyond the end of file is an access all the same; a read of no bytes
 * (ext4_file_read_iter), or one through the cache that starts beyond the largest file (filemap_read), is none.
 */
function readFrom(state: State, file: OpenFile, offset: number, transfer: Transfer): Outcome {
  if (!file.readable) return failure('EBADF');
  const { inode } = file;
  if (transfer.length === 0 && isVectored(transfer)) return success({ kind: 'runs', runs: [] });
  if (inode.type === 'directory') return failure(transfer.rwf === undefined ? 'EISDIR' : 'EOPNOTSUPP');
  if (isUncacheable(state, transfer)) return failure('EOPNOTSUPP');
  const direct = isDirect(state, file, inode);
  if (transfer.length === 0 || (offset >= state.options.maxReadBytes && !direct)) {
    return success({ kind: 'runs', runs: [] });
  }
  state.markAccessed(inode);
  const runs = inode.contents.read(offset, Math.min(transfer.length, TRANSFER_BYTES_MAX));
  if (!direct && transfer.rwf === undefined && transfer.faultAt === undefined) {
    return success({ kind: 'runs', runs });
  }
  return readWith(state, inode, offset, transfer, runs, direct);
}

/** What of the runs is answered by a read that may be refused, must not wait, or has too small a buffer. */
function readWith(
  state: State,
  inode: FileInode,
  offset: number,
  transfer: Transfer,
  runs: readonly Run[],
  direct: boolean,
): Outcome {
  const { observedErrno: errno, observedCount: count } = state;
  const { length, faultAt = Infinity } = transfer;
  const total = lengthOf(runs);
  const nowait = hasRwf(transfer, 'nowait') && !state.options.dax;
  // What is cached and dirty is looked at before the device sees how the transfer lies (kiocb_write_and_wait).
  if (total > 0 && nowait && errno === 'EAGAIN') return failure('EAGAIN');
  const refusal = direct ? directRefusal(state, inode, offset, transfer, false) : 'never';
  if (refusal === 'always' || (refusal === 'perhaps' && errno === 'EINVAL')) return failure('EINVAL');
  if (total === 0) return success({ kind: 'runs', runs });
  const most = Math.min(total, faultAt);
  const mayBeShort = nowait || (direct && faultAt < length);
  if (mayBeShort && count !== null && count > 0 && count <= most) {
    return success({ kind: 'runs', runs: inode.contents.read(offset, count) });
  }
  // Direct reading gives up as a whole: also where the buffer ends behind the end of file.
  if (direct && faultAt < length && (errno === 'EFAULT' || faultAt < total)) return failure('EFAULT');
  if (most === 0) return failure('EFAULT');
  return success({ kind: 'runs', runs: most === total ? runs : inode.contents.read(offset, most) });
}
