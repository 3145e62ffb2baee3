import { fail } from '../../lib/errno.ts';
import { readThroughCache } from '../../mm/read.ts';
import { extendPages } from '../../mm/truncate.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { tryInlineWrite } from '../inline/inline-file.ts';
import { EXT4_APPEND_FL, EXT4_IMMUTABLE_FL, S_ISGID, S_ISUID, type Inode } from '../inode/inode.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { maxBytesOf } from '../mapping/block-map.ts';
import { dropCapability } from '../xattr/capability.ts';
import { relievePressure } from './memory-pressure.ts';

/** Bytes that are read or written between two looks at the memory in use. */
const PIECE_BYTES = 4 * 1024 * 1024;

/** What a write did: where it began (the end of the file when appending) and how many bytes went in. */
export interface Written {
  readonly position: number;
  readonly written: number;
}

/** Who writes, as far as it matters to the file. */
export interface Writer {
  /** The mode of a file that this writer has written to: without the bits that let it run as its owner. */
  modeAfterWrite(inode: Inode): number;
}

/** Bytes of the file from `position` on into `target`; answers how many there were (ext4_file_read_iter, buffered). */
export function* readFile(inode: Inode, position: number, target: Uint8Array): Sleepable<number> {
  let done = 0;
  while (done < target.length) {
    if (inode.sb.pool.pressed()) yield* relievePressure(inode.sb);
    const piece = target.subarray(done, done + PIECE_BYTES);
    const count = yield* readThroughCache(inode.mapping, position + done, piece);
    done += count;
    if (count < piece.length) break;
  }
  return done;
}

/**
 * ext4_buffered_write_iter(): writes `source` at byte `position`, or at the end of the file. Takes i_rwsem. Answers a short
 * count when space ran out on the way. Fails with EPERM, EFBIG, ENOSPC, EIO.
 */
export function* writeFile(
  inode: Inode,
  position: number,
  source: Uint8Array,
  append: boolean,
  writer: Writer,
): Sleepable<Written> {
  yield* inode.lock.write();
  try {
    if ((inode.flags & EXT4_IMMUTABLE_FL) !== 0) fail('EPERM');
    const start = append ? inode.size : position;
    // An empty write changes nothing, not even the times (generic_write_checks).
    if (source.length === 0) return { position: start, written: 0 };
    const data = withinLimit(inode, start, source);
    yield* touchModified(inode, writer);
    if (inode.mayInline && (yield* tryInlineWrite(inode, start, data)))
      return { position: start, written: data.length };
    const oldSize = inode.size;
    if (start > oldSize) yield* zeroBeyondEnd(inode, start);
    const written = yield* writeInPieces(inode, start, data);
    // Stores to the old last page fault again: it has new blocks now.
    if (inode.mapping.wasMapped && inode.size > oldSize) yield* extendPages(inode.mapping, oldSize, oldSize);
    return { position: start, written };
  } finally {
    inode.lock.unlockWrite();
  }
}

/** Between pieces the writer pays for the memory it uses, as balance_dirty_pages makes it do. */
function* writeInPieces(inode: Inode, start: number, data: Uint8Array): Sleepable<number> {
  let written = 0;
  try {
    while (written < data.length) {
      if (inode.sb.pool.pressed()) yield* relievePressure(inode.sb);
      const piece = data.subarray(written, written + PIECE_BYTES);
      const count = yield* inode.dataPath.bufferedWrite(inode, start + written, piece);
      written += count;
      if (count < piece.length) break;
    }
  } catch (error) {
    // What went in before the failure stays, and its length is the answer.
    if (written === 0) throw error;
  }
  return written;
}

/** generic_write_checks_count(): what lies beyond the largest file size is not written. */
function withinLimit(inode: Inode, start: number, source: Uint8Array): Uint8Array {
  const room = maxBytesOf(inode) - start;
  if (room <= 0) fail('EFBIG');
  return room < source.length ? source.subarray(0, room) : source;
}

/** Bits of i_mode that a write may take away: set-user-ID and set-group-ID. */
const PRIVILEGE_BITS = S_ISUID | S_ISGID;

/** file_modified(): the times, and file_remove_privs(). An append-only file keeps its mode, so that the write fails: EPERM. */
export function* touchModified(inode: Inode, writer: Writer): Sleepable<void> {
  const { now } = inode.sb;
  const mode = (inode.mode & PRIVILEGE_BITS) === 0 ? inode.mode : writer.modeAfterWrite(inode);
  if (mode !== inode.mode && (inode.flags & EXT4_APPEND_FL) !== 0) fail('EPERM');
  yield* dropCapability(inode);
  if (sameTime(inode.mtime, now) && sameTime(inode.ctime, now) && mode === inode.mode) return;
  const handle = yield* inode.sb.journal.start(1);
  try {
    inode.mtime = inode.ctime = now;
    inode.mode = mode;
    yield* markInodeDirty(handle, inode);
  } finally {
    yield* handle.stop();
  }
}

const sameTime = (left: Inode['mtime'], right: Inode['mtime']): boolean =>
  left.seconds === right.seconds && left.nanoseconds === right.nanoseconds;

/**
 * The file is about to end at or beyond `end`: what its last block holds behind the present end must read as zeros, in
 * memory and on disk (ext4_block_zero_eof).
 */
export function* zeroBeyondEnd(inode: Inode, end: number): Sleepable<void> {
  if (inode.mapping.wasMapped) yield* extendPages(inode.mapping, inode.size, end);
  const tail = inode.size % inode.blockSize;
  if (tail === 0) return;
  const length = Math.min(inode.blockSize - tail, end - inode.size);
  if (length > 0) yield* inode.dataPath.zeroPartialBlock(inode, inode.size, length);
}
