import { directRead, directWrite } from '../../iomap/direct-io.ts';
import { fail, Failure } from '../../lib/errno.ts';
import { writeAndWait } from '../../mm/filemap.ts';
import { dropCleanRange } from '../../mm/invalidate.ts';
import { truncateCache } from '../../mm/truncate.ts';
import type { UserMemory } from '../../mm/user-memory.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { isInline } from '../inline/inline-data.ts';
import type { Inode } from '../inode/inode.ts';
import { isMapped } from '../mapping/extent-status.ts';
import { mapBlocks } from '../mapping/map-blocks.ts';
import { truncateBlocks } from '../mapping/truncate-blocks.ts';
import {
  becomeOrphan,
  directLookupOps,
  directPlaceOps,
  directWriteOps,
  stopBeingOrphan,
} from './direct-ops.ts';
import { writeFile, type Written } from './file.ts';
import type { IoRules } from './io-rules.ts';
import { blockCount, firstBlock } from './iomap-ops.ts';
import {
  hasNoPrivileges,
  touchModified,
  writableLength,
  zeroBeyondEnd,
  type Writer,
} from './write-checks.ts';

/** Reads and writes past the page cache (O_DIRECT), the same for every data path. */

/** ext4_should_use_dio(): contents in the inode, or in the journal, only go through the cache; what is mapped directly has none. */
export const allowsDirect = (inode: Inode): boolean =>
  !isInline(inode) && !inode.dataPath.logsData && inode.dataPath.dax === null;

/**
 * ext4_dio_read_iter(). Null when the file does not allow it: the caller reads through the cache. Fails as directRead does, and
 * with EAGAIN when a lock would have to be waited for with `nowait`.
 */
export function* readDirect(
  inode: Inode,
  position: number,
  memory: UserMemory,
  nowait: boolean,
): Sleepable<number | null> {
  if (!nowait) yield* inode.lock.read();
  else if (!inode.lock.tryRead()) fail('EAGAIN');
  try {
    if (!allowsDirect(inode)) return null;
    return yield* directRead(inode, position, memory, directLookupOps, nowait);
  } finally {
    inode.lock.unlockRead();
  }
}

/**
 * ext4_dio_write_iter(): what cannot be written directly is written through the cache, at once, and leaves it again. Fails with
 * EPERM, EFBIG, and as directWrite and writeFile do; EOPNOTSUPP where `nowait` would need the cache.
 */
export function* writeDirect(
  inode: Inode,
  position: number,
  memory: UserMemory,
  rules: IoRules,
  writer: Writer,
): Sleepable<Written> {
  const write = new DirectWrite(inode, memory, rules, writer);
  const direct = yield* write.run(position);
  if (direct === null) return yield* writeThroughCache(inode, position, memory, rules, writer);
  const { written } = direct;
  if (written === write.length) return direct;
  const at = direct.position + written;
  const rest = {
    bytes: memory.bytes.subarray(written),
    length: memory.length - written,
    // The cache does not ask where memory lies.
    pieces: [],
  };
  const buffered = yield* writeThroughCache(inode, at, rest, rules, writer);
  yield* leaveCache(inode, buffered);
  return { position: direct.position, written: written + buffered.written };
}

function writeThroughCache(
  inode: Inode,
  position: number,
  { bytes, length }: UserMemory,
  { append, nowait }: IoRules,
  writer: Writer,
): Sleepable<Written> {
  if (nowait) fail('EOPNOTSUPP');
  return writeFile(inode, position, bytes, length, append, writer);
}

/** What was written through the cache after all is on the device, and not in the cache, as a direct write leaves it. */
function* leaveCache({ mapping }: Inode, { position, written }: Written): Sleepable<void> {
  const before = mapping.failures;
  yield* writeAndWait(mapping, position, position + written);
  if (mapping.failures === before) dropCleanRange(mapping, position, position + written);
}

/** The direct part of a write, and what it holds. */
class DirectWrite {
  readonly #inode: Inode;
  readonly #memory: UserMemory;
  readonly #rules: IoRules;
  readonly #writer: Writer;
  /** i_rwsem is held for reading: other direct writes may run beside this one. */
  #shared = false;
  #extends = false;
  /** Some of an overwrite's blocks are unwritten. */
  #unwritten = false;
  /** Bytes that may be written at all. */
  length = 0;

  constructor(inode: Inode, memory: UserMemory, rules: IoRules, writer: Writer) {
    this.#inode = inode;
    this.#memory = memory;
    this.#rules = rules;
    this.#writer = writer;
  }

  /** Null when the file allows no direct I/O. */
  *run(position: number): Sleepable<Written | null> {
    const inode = this.#inode;
    yield* this.#lock(position + this.#memory.length <= inode.size);
    try {
      if (!allowsDirect(inode)) return null;
      inode.mayInline = false;
      const start = yield* this.#settle(position);
      if (this.length === 0) return { position: start, written: 0 };
      yield* touchModified(inode, this.#writer);
      if (start > inode.size) yield* zeroBeyondEnd(inode, start);
      return { position: start, written: yield* this.#write(start) };
    } finally {
      this.#unlock();
    }
  }

  *#lock(shared: boolean): Sleepable<void> {
    const { lock } = this.#inode;
    if (this.#rules.nowait) {
      if (!(shared ? lock.tryRead() : lock.tryWrite())) fail('EAGAIN');
    } else {
      yield* shared ? lock.read() : lock.write();
    }
    this.#shared = shared;
  }

  #unlock(): void {
    if (this.#shared) this.#inode.lock.unlockRead();
    else this.#inode.lock.unlockWrite();
  }

  /**
   * ext4_dio_write_checks(): finds out what kind of write it is, and takes i_rwsem for writing where others must keep out:
   * privileges may go, the file grows, blocks are placed, or an unwritten block is written in part, the rest of which becomes
   * zeros. Answers where the write begins.
   */
  *#settle(position: number): Sleepable<number> {
    const inode = this.#inode;
    for (;;) {
      const start = this.#rules.append ? inode.size : position;
      this.length = writableLength(inode, start, this.#memory.length);
      if (this.length === 0) return start;
      const end = start + this.length;
      this.#extends = end > inode.size || end > inode.diskSize;
      const overwrites = yield* this.#overwrites(start);
      const unaligned = start % inode.blockSize !== 0 || end % inode.blockSize !== 0;
      const careless = inode.mapping.faults.has('direct-write-shares-unwritten-block');
      const zeroesRest = unaligned && this.#unwritten && !careless;
      const alone = this.#extends || !overwrites || zeroesRest;
      if (this.#shared && (alone || !hasNoPrivileges(inode))) {
        if (this.#rules.nowait) fail('EAGAIN');
        this.#unlock();
        yield* this.#lock(false);
        continue;
      }
      if (this.#rules.nowait && !this.#shared && (unaligned || this.#extends)) fail('EAGAIN');
      return start;
    }
  }

  /** ext4_overwrite_io(): does one run of blocks have places for all of it? */
  *#overwrites(start: number): Sleepable<boolean> {
    const inode = this.#inode;
    this.#unwritten = false;
    if (start + this.length > inode.size) return false;
    const first = firstBlock(inode, start);
    const count = blockCount(inode, start, this.length);
    const found = yield* mapBlocks(null, inode, first, count, 'lookup');
    if (!isMapped(found.type) || found.length < count) return false;
    this.#unwritten = found.type === 'unwritten';
    return true;
  }

  *#write(start: number): Sleepable<number> {
    const inode = this.#inode;
    const { bytes, pieces } = this.#memory;
    const memory = { bytes: bytes.subarray(0, this.length), length: this.length, pieces };
    const ops = this.#shared && !this.#unwritten ? directLookupOps : directPlaceOps;
    const rules = { ops, writeOps: directWriteOps, nowait: this.#rules.nowait };
    if (!this.#extends) return yield* directWrite(inode, start, memory, rules);
    yield* becomeOrphan(inode);
    if (inode.sb.options.faults.has('dio-moves-size-early'))
      inode.size = Math.max(inode.size, start + this.length);
    try {
      const written = yield* directWrite(inode, start, memory, rules);
      if (written < this.length) yield* takeBack(inode);
      yield* stopBeingOrphan(inode);
      return written;
    } catch (error) {
      if (error instanceof Failure) yield* takeBack(inode);
      throw error;
    }
  }
}

/**
 * ext4_inode_extension_cleanup() after a failure: what was placed beyond the end of the file goes, and what was written to the last
 * block behind the end reads as zeros (ext4_truncate). Here also after a short write, of which Linux leaves written blocks beyond
 * the end, and e2fsck complains.
 */
export function* takeBack(inode: Inode): Sleepable<void> {
  const tail = inode.size % inode.blockSize;
  if (tail > 0) yield* inode.dataPath.zeroPartialBlock(inode, inode.size, inode.blockSize - tail);
  yield* truncateCache(inode.mapping, inode.size);
  yield* truncateBlocks(inode);
  yield* stopBeingOrphan(inode);
}
