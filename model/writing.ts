import { directRefusal, isDirect, isUncacheable } from './direct-io.ts';
import type { FileInode } from './inode.ts';
import { largestBytes, mayBeInline } from './inline-data.ts';
import { TRANSFER_BYTES_MAX } from './limits.ts';
import type { OpenFile } from './open-file.ts';
import { counted, failure } from './outcome.ts';
import type { Content, Errno, Outcome, Run } from './operation.ts';
import { bitsDroppedByWriting, dropCapability, dropPrivileges } from './privileges.ts';
import type { State } from './state.ts';
import { hasRwf, isVectored, type Transfer } from './transfer.ts';

/** What is written: a stream, or what was read elsewhere. */
export type Source = Content | readonly Run[];

/**
 * Writes what fits below the largest file. Nothing at all happens for no bytes; that is decided before the limits
 * (generic_write_checks). The times change before the first byte is moved, so also when no byte was.
 */
export function writeTo(
  state: State,
  file: OpenFile,
  start: number,
  source: Source,
  transfer: Transfer,
): Outcome {
  const { inode } = file;
  if (!file.writable || inode.type !== 'file') return failure('EBADF');
  if (transfer.length === 0 && isVectored(transfer)) return counted(0);
  const direct = isDirect(state, file, inode);
  const { dax } = state.options;
  if (isUncacheable(state, transfer)) return failure('EOPNOTSUPP');
  const nowait = hasRwf(transfer, 'nowait') && !dax;
  if (nowait && !direct) return failure('EOPNOTSUPP');
  if (inode.flags.immutable) return failure('EPERM');
  if (state.isSwapFile(inode)) return failure('ETXTBSY');
  if (transfer.length === 0) return counted(0);
  const maxFileBytes = largestWrite(state, inode, start);
  if (start >= maxFileBytes) return failure('EFBIG');
  // Changing the mode of an append-only file is EPERM, in this case too (ext4_setattr).
  if (inode.flags.append && bitsDroppedByWriting(state, inode) !== 0) return failure('EPERM');
  const length = Math.min(transfer.length, TRANSFER_BYTES_MAX, maxFileBytes - start);
  const whole = length === transfer.length ? transfer : { ...transfer, length };
  if (nowait && isErrno(state, WOULD_WAIT)) {
    state.markModifiedPerhaps(inode);
    return failedDirect(inode, start, whole, state.observedErrno ?? 'EAGAIN');
  }
  dropCapability(state, inode);
  dropPrivileges(state, inode);
  state.markModified(inode);
  return direct
    ? writeDirect(state, inode, start, source, whole)
    : writeCached(state, inode, start, source, whole);
}

/** Where the largest file ends for this write, which was refused there, or cut off. */
function largestWrite(state: State, inode: FileInode, start: number): number {
  const { maxIndirectBytes } = state.options;
  const cutOff = state.observedCount === maxIndirectBytes - start && mayBeInline(state, inode);
  return cutOff ? maxIndirectBytes : largestBytes(state, inode, ['EFBIG']);
}

/** What a direct write that must not wait answers when it would have to, before or after its times. */
const WOULD_WAIT: readonly Errno[] = ['EAGAIN', 'EOPNOTSUPP'];

const isErrno = ({ observedErrno }: State, errnos: readonly Errno[]): boolean =>
  observedErrno !== null && errnos.includes(observedErrno);

/** Through the page cache, as far as the buffer goes. */
function writeCached(
  state: State,
  inode: FileInode,
  start: number,
  source: Source,
  { length, faultAt = Infinity }: Transfer,
): Outcome {
  // Room is made before the buffer is looked at (write_begin).
  const full = state.ranOutOfSpace && mayAllocate(state, inode, start, length);
  if (faultAt === 0) {
    // Past the page cache nothing begins with bytes that cannot be copied (dax_iomap_iter).
    if (state.options.dax) return failure(full ? 'ENOSPC' : 'EFAULT');
    // Writing begins before anybody knows that there is nothing to write, and may have moved the end up to there.
    const { size } = inode.contents;
    if (start > size) inode.openSize = { least: size, most: start, unit: Infinity, unknown: start };
    return failure(full ? 'ENOSPC' : 'EFAULT');
  }
  if (full) return failure('ENOSPC');
  const written = writtenLength(state, inode, start, Math.min(length, faultAt), length);
  put(inode, start, source, written);
  return counted(written);
}

/** Past the page cache. What fails may have written some of it. */
function writeDirect(
  state: State,
  inode: FileInode,
  start: number,
  source: Source,
  transfer: Transfer,
): Outcome {
  const { length, faultAt = Infinity } = transfer;
  // Blocks are allocated before anybody looks at the alignment (iomap_dio_bio_iter comes after ext4_iomap_begin).
  if (state.ranOutOfSpace && mayAllocate(state, inode, start, length)) {
    return failedDirect(inode, start, transfer, 'ENOSPC');
  }
  const refusal = directRefusal(state, inode, start, transfer, true);
  if (refusal === 'always' || (refusal === 'perhaps' && isErrno(state, ['EINVAL']))) {
    return failedDirect(inode, start, transfer, 'EINVAL');
  }
  if (faultAt < length) {
    const count = state.observedCount;
    if (count === null || count <= 0 || count > faultAt) {
      return failedDirect(inode, start, transfer, 'EFAULT');
    }
    put(inode, start, source, count);
    return counted(count);
  }
  const written = writtenLength(state, inode, start, length);
  put(inode, start, source, written);
  return counted(written);
}

/** Some of it may have been written, and even have made the file longer. */
function failedDirect(inode: FileInode, start: number, { length }: Transfer, errno: Errno): Outcome {
  const { contents } = inode;
  const end = start + length;
  if (end > contents.size) inode.openSize = { least: contents.size, most: end, unit: 1, unknown: start };
  contents.forget(start, Math.min(end, contents.size));
  return failure(errno);
}

function put({ contents }: FileInode, start: number, source: Source, length: number): void {
  if ('seed' in source) contents.write(start, source, length);
  else contents.writeRuns(start, source, length);
}

/**
 * The target's short count, where one is permitted: the first block that is missing must lie in the rest. Room is made for all that was
 * `asked` for, also where the buffer ends before.
 */
function writtenLength(
  state: State,
  inode: FileInode,
  start: number,
  length: number,
  asked = length,
): number {
  const { observedCount: count } = state;
  if (count === null || state.hasRoom || count <= 0 || count >= length) return length;
  return mayAllocate(state, inode, start + count, asked - count) ? count : length;
}

/**
 * Whether a write to this range may need a new block: it does unless every block that it touches holds a byte that was
 * written before, for such a block is allocated, or reserved.
 */
export function mayAllocate(state: State, inode: FileInode, start: number, length: number): boolean {
  const { blockSizeBytes, inlineData } = state.options;
  // What lies in its inode leaves it when it grows, and needs blocks for what it had before.
  if (inlineData) return true;
  const end = start + length;
  for (let block = start - (start % blockSizeBytes); block < end; block += blockSizeBytes) {
    if (!inode.contents.hasWritten(block, block + blockSizeBytes)) return true;
  }
  return false;
}
