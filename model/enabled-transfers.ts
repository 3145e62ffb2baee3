import { CAPABILITY } from './capability.ts';
import { PAGE_BYTES, TRANSFER_BYTES_MAX, isCount } from './limits.ts';
import type { OperationOf } from './operation-of.ts';
import { bitsDroppedByWriting, dropsByChance } from './privileges.ts';
import type { State } from './state.ts';
import { hasRwf, isVectored } from './transfer.ts';

/** UIO_MAXIOV is 1024. */
const PIECES_MAX = 64;

type Transferring = OperationOf<'read' | 'pread' | 'write' | 'pwrite'>;

/** Whether it is known what this way to read or write does. */
export function isKnownTransfer(state: State, operation: Transferring, length: number): boolean {
  const offset = 'offset' in operation ? operation.offset : 0;
  if (!Number.isSafeInteger(offset)) return false;
  if (!isVectored(operation)) return true;
  const { pieces = [], faultAt = 0, misaligned } = operation;
  if (!isCount(faultAt, TRANSFER_BYTES_MAX) || pieces.length > PIECES_MAX) return false;
  if (misaligned !== undefined && (operation.faultAt !== undefined || !isCount(misaligned, PAGE_BYTES - 1))) {
    return false;
  }
  if (!pieces.every((piece) => isCount(piece, TRANSFER_BYTES_MAX))) return false;
  if (pieces.reduce((sum, piece) => sum + piece, 0) > length) return false;
  // An offset of -1 means the position to preadv2.
  if (offset < 0 && isVectored(operation)) return false;
  return !('content' in operation) || knowsWhetherItWaits(state, operation);
}

/** What a write that gave up waiting has already done to the mode and to attributes, nobody knows. */
function knowsWhetherItWaits(state: State, operation: OperationOf<'write' | 'pwrite'>): boolean {
  const file = state.handles.get(operation.handle);
  if (file?.direct !== true || !hasRwf(operation, 'nowait')) return true;
  const { inode } = file;
  if (inode.type !== 'file' || state.options.inlineData) return false;
  return bitsDroppedByWriting(state, inode) === 0 && inode.xattrs?.has(CAPABILITY) !== true;
}

/**
 * Whether it is known what copying does: not past the page cache, where it depends on blocks, and not from a file to
 * itself with sendfile, which reads what it has just written.
 */
export function isKnownCopy(state: State, operation: OperationOf<'copy-file-range' | 'sendfile'>): boolean {
  const [from, to] = [state.handles.get(operation.from), state.handles.get(operation.to)];
  if (from === undefined || to === undefined || from.direct || to.direct) return false;
  if (!isCount(operation.length, TRANSFER_BYTES_MAX)) return false;
  if (!isCount(operation.fromOffset ?? 0)) return false;
  if (operation.op === 'sendfile' && from.inode === to.inode) return false;
  if (operation.op === 'copy-file-range' && !isCount(operation.toOffset ?? 0)) return false;
  return !dropsByChance(state, to.inode);
}
