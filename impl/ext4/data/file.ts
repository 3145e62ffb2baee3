import { fail, Failure } from '../../lib/errno.ts';
import { isInline } from '../inline/inline-data.ts';
import { readThroughCache, type ReadRules } from '../../mm/read.ts';
import type { ReadaheadState } from '../../mm/readahead-state.ts';
import { spliceThroughCache } from '../../mm/splice-read.ts';
import { extendPages } from '../../mm/truncate.ts';
import { preemptible, type Sleepable } from '../../sched/sleepable.ts';
import { tryInlineWrite } from '../inline/inline-file.ts';
import type { Inode } from '../inode/inode.ts';
import { relievePressure } from './memory-pressure.ts';
import { touchModified, writableLength, zeroBeyondEnd, type Writer } from './write-checks.ts';

/** Reads and writes through the page cache. */

/** Bytes that are read or written between two looks at the memory in use. */
const PIECE_BYTES = 4 * 1024 * 1024;

/** What a write did: where it began (the end of the file when appending) and how many bytes went in. */
export interface Written {
  readonly position: number;
  readonly written: number;
}

/**
 * Bytes of the file from `position` on into `target`; answers how many there were (ext4_file_read_iter, without O_DIRECT). `state` is
 * the reader's. Fails as readThroughCache does.
 */
export function* readFile(
  inode: Inode,
  position: number,
  target: Uint8Array,
  state: ReadaheadState,
  rules: ReadRules,
): Sleepable<number> {
  const { dax } = inode.dataPath;
  if (dax !== null) return yield* dax.read(inode, position, target, rules.nowait);
  // Contents in the inode are there already, whatever the page cache has of them.
  if (rules.nowait && isInline(inode)) rules = { ...rules, nowait: false };
  let done = 0;
  try {
    while (done < target.length) {
      if (inode.sb.pool.pressed()) yield* relievePressure(inode.sb);
      const piece = target.length <= PIECE_BYTES ? target : target.subarray(done, done + PIECE_BYTES);
      const count = yield* readThroughCache(inode.mapping, position + done, piece, state, rules);
      done += count;
      if (count < piece.length) break;
    }
  } catch (error) {
    if (done === 0 || !(error instanceof Failure)) throw error;
  }
  return done;
}

/**
 * May bytes of the file be handed out where they lie? Not where there is no page cache, where others run meanwhile, or when it is more
 * than is looked at in one go.
 */
export const canSplice = ({ dataPath }: Inode, length: number): boolean =>
  dataPath.dax === null && !preemptible() && length <= PIECE_BYTES;

/** Bytes of the file where they lie in the page cache (ext4_file_splice_read), good until the next call: ask `canSplice` before. */
export function* spliceFile(
  inode: Inode,
  position: number,
  length: number,
  state: ReadaheadState,
): Sleepable<readonly Uint8Array[]> {
  if (inode.sb.pool.pressed()) yield* relievePressure(inode.sb);
  return yield* spliceThroughCache(inode.mapping, position, length, state);
}

/**
 * ext4_buffered_write_iter(): writes `length` bytes, of which `source` are those that can be touched, at byte `position`, or at
 * the end of the file. Takes i_rwsem. Answers a short count when space ran out on the way, or memory did. Fails with EPERM,
 * EFBIG, ENOSPC, EIO, EFAULT.
 */
export function* writeFile(
  inode: Inode,
  position: number,
  source: Uint8Array,
  length: number,
  append: boolean,
  writer: Writer,
): Sleepable<Written> {
  const locks = !inode.sb.options.faults.has('write-skips-inode-lock');
  if (locks) yield* inode.lock.write();
  try {
    const start = append ? inode.size : position;
    const allowed = writableLength(inode, start, length);
    if (allowed === 0) return { position: start, written: 0 };
    const data = allowed < source.length ? source.subarray(0, allowed) : source;
    yield* touchModified(inode, writer);
    if (inode.mayInline && (yield* tryInlineWrite(inode, start, data, allowed))) {
      if (data.length === 0) fail('EFAULT');
      return { position: start, written: data.length };
    }
    const oldSize = inode.size;
    if (start > oldSize) yield* zeroBeyondEnd(inode, start);
    const written = yield* writeInPieces(inode, start, data, allowed);
    // Stores to the old last page fault again: it has new blocks now. What was stored behind the old end meanwhile goes.
    if (inode.mapping.wasMapped && inode.size > oldSize)
      yield* extendPages(inode.mapping, oldSize, Math.max(oldSize, Math.min(start, inode.size)));
    return { position: start, written };
  } finally {
    if (locks) inode.lock.unlockWrite();
  }
}

/** Between pieces the writer pays for the memory it uses, as balance_dirty_pages makes it do. */
function* writeInPieces(inode: Inode, start: number, data: Uint8Array, length: number): Sleepable<number> {
  let written = 0;
  try {
    while (written < length) {
      if (inode.sb.pool.pressed()) yield* relievePressure(inode.sb);
      const wanted = Math.min(PIECE_BYTES, length - written);
      const whole = written === 0 && data.length <= wanted;
      const piece = whole ? data : data.subarray(written, written + wanted);
      const count = yield* inode.dataPath.bufferedWrite(inode, start + written, piece, wanted);
      written += count;
      if (count < wanted) break;
    }
  } catch (error) {
    // What went in before the failure stays, and its length is the answer.
    if (written === 0) throw error;
  }
  if (written === 0) fail('EFAULT');
  return written;
}
