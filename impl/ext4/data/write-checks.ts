import { fail } from '../../lib/errno.ts';
import { extendPages } from '../../mm/truncate.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { EXT4_APPEND_FL, EXT4_IMMUTABLE_FL, S_ISGID, S_ISUID, type Inode } from '../inode/inode.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { compareTimestamps, type Timestamp } from '../inode/timestamp.ts';
import { maxBytesOf } from '../mapping/block-map.ts';
import { dropCapability } from '../xattr/capability.ts';

/** What comes before any write, buffered or direct. */

/** Who writes, as far as it matters to the file. */
export interface Writer {
  /** The mode of a file that this writer has written to: without the bits that let it run as its owner. */
  modeAfterWrite(inode: Inode): number;
}

/**
 * ext4_generic_write_checks(): how many of `length` bytes may be written at `position`; 0 means that the call does nothing, not
 * even to the times. Fails with EPERM, EFBIG.
 */
export function writableLength(inode: Inode, position: number, length: number): number {
  if ((inode.flags & EXT4_IMMUTABLE_FL) !== 0) fail('EPERM');
  if (inode.swapFile) fail('ETXTBSY');
  if (length === 0) return 0;
  const room = maxBytesOf(inode) - position;
  if (room <= 0) fail('EFBIG');
  return Math.min(room, length);
}

/** Bits of i_mode that a write may take away: set-user-ID and set-group-ID. */
const PRIVILEGE_BITS = S_ISUID | S_ISGID;

/** IS_NOSEC: it is known that a write takes nothing away but the times. */
export const hasNoPrivileges = (inode: Inode): boolean =>
  inode.knownPlain && (inode.mode & PRIVILEGE_BITS) === 0;

/** file_modified(): the times, and file_remove_privs(). An append-only file keeps its mode, so that the write fails: EPERM. */
export function* touchModified(inode: Inode, writer: Writer): Sleepable<void> {
  const mode = (inode.mode & PRIVILEGE_BITS) === 0 ? inode.mode : writer.modeAfterWrite(inode);
  if (mode !== inode.mode && (inode.flags & EXT4_APPEND_FL) !== 0) fail('EPERM');
  yield* dropCapability(inode);
  yield* recordModified(inode, mode);
}

/** file_update_time(): the contents change now, and the mode with them where it has to. */
export function* recordModified(inode: Inode, mode = inode.mode): Sleepable<void> {
  const { now, journal } = inode.sb;
  if (isSameTime(inode.mtime, now) && isSameTime(inode.ctime, now) && mode === inode.mode) return;
  const handle = yield* journal.start(1);
  try {
    inode.mtime = inode.ctime = now;
    inode.mode = mode;
    yield* markInodeDirty(handle, inode);
  } finally {
    yield* handle.stop();
  }
}

const isSameTime = (left: Timestamp, right: Timestamp): boolean => compareTimestamps(left, right) === 0;

/**
 * The file is about to end at or beyond `end`: what its last block holds behind the present end must read as zeros, in
 * memory and on disk (ext4_block_zero_eof).
 */
export function* zeroBeyondEnd(inode: Inode, end: number): Sleepable<void> {
  if (inode.mapping.faults.has('growth-keeps-stored-tail')) return;
  if (inode.mapping.wasMapped) yield* extendPages(inode.mapping, inode.size, end);
  const tail = inode.size % inode.blockSize;
  if (tail === 0) return;
  const length = Math.min(inode.blockSize - tail, end - inode.size);
  if (length > 0) yield* inode.dataPath.zeroPartialBlock(inode, inode.size, length);
}
