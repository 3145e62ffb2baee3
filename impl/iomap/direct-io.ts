import { SECTOR_BYTES, type Bio, type BioStatus } from '../block/bio.ts';
import { fail, Failure, type Errno } from '../lib/errno.ts';
import { writeAndCheck } from '../mm/filemap.ts';
import { hasFolio, invalidateRange, needsWriteback } from '../mm/invalidate.ts';
import { isAligned, lengthOfPages, type UserMemory } from '../mm/user-memory.ts';
import { ready, waitUntil, type Sleepable } from '../sched/sleepable.ts';
import type { IomapFile } from './host.ts';
import type { Iomap, IomapOps } from './iomap.ts';
import { iterate } from './iterate.ts';

/** What direct writes ask of the file system when the device is done (struct iomap_dio_ops). */
export interface DirectWriteOps<F> {
  /**
   * Bytes [position, position + size) are on the device: blocks that were unwritten become written, and the file may grow to
   * cover them. Told only of transfers that all succeeded.
   */
  ended(file: F, position: number, size: number, unwritten: boolean): Sleepable<void>;
}

/** Pages that one transfer takes at most (BIO_MAX_VECS). */
const BIO_PAGES_MAX = 256;

/** What the rest of a block is filled with; the largest block is 64 KiB. */
const ZEROS = new Uint8Array(65536);

/** One direct read or write on its way (struct iomap_dio). */
class DirectTransfer {
  readonly file: IomapFile;
  readonly direction: Bio['direction'];
  readonly memory: UserMemory;
  /** Bytes of the file handed to the device, or filled with zeros where the file has none. */
  size = 0;
  /** The first thing that went wrong. */
  error: Errno | null = null;
  /** Some of it went to unwritten blocks (IOMAP_DIO_UNWRITTEN). */
  unwritten = false;
  #inFlight = 0;

  constructor(file: IomapFile, direction: Bio['direction'], memory: UserMemory) {
    this.file = file;
    this.direction = direction;
    this.memory = memory;
  }

  fail(errno: Errno): void {
    this.error ??= errno;
  }

  submit(sector: number, memory: Uint8Array): void {
    const { direction } = this;
    const bio = { direction, sector, segments: [memory], preflush: false, fua: false } as const;
    this.#inFlight++;
    this.file.device.submit(bio, (status) => this.#ended(status));
  }

  #ended(status: BioStatus): void {
    this.#inFlight--;
    if (status !== null) this.fail(status);
  }

  *wait(): Sleepable<void> {
    if (this.#inFlight > 0) yield* waitUntil('direct I/O', () => this.#inFlight === 0);
  }

  /**
   * The next bytes of memory for the device, at most `length`: as many as can be touched, as one transfer holds, and as whole
   * sectors have (bio_iov_iter_get_pages). Null, and an error, when there is not even one sector.
   */
  take(length: number): Uint8Array | null {
    const { bytes } = this.memory;
    const from = this.size;
    let count = Math.min(lengthOfPages(this.memory, from, length, BIO_PAGES_MAX), bytes.length - from);
    count -= count % SECTOR_BYTES;
    return count <= 0 ? null : bytes.subarray(from, from + count);
  }

  /** Does the device take the next `length` bytes of memory? */
  isAligned(length: number): boolean {
    return isAligned(this.memory, this.size, this.size + length, SECTOR_BYTES);
  }
}

/**
 * iomap_dio_rw() for reading: the device's bytes into `memory`, past the page cache, whose dirty bytes are written first.
 * Answers the bytes within the file. Fails with EINVAL where position, length or memory are not aligned, EFAULT, EIO, and with
 * EAGAIN where `nowait` forbids to write first.
 */
export function* directRead<F extends IomapFile>(
  file: F,
  position: number,
  memory: UserMemory,
  ops: IomapOps<F>,
  nowait: boolean,
): Sleepable<number> {
  const { size, mapping } = file;
  const { length } = memory;
  if (position >= size || length === 0) return 0;
  if (nowait && needsWriteback(mapping, position, position + length)) fail('EAGAIN');
  yield* writeAndCheck(mapping, position, position + length);
  const transfer = new DirectTransfer(file, 'read', memory);
  yield* run(transfer, () =>
    iterate(file, position, length, ops, (iomap, start, span) => readUnder(transfer, iomap, start, span)),
  );
  if (transfer.error !== null) fail(transfer.error);
  return Math.min(transfer.size, size - position);
}

/** Submits everything, and waits for it whatever happens: the memory is the caller's again afterwards. */
function* run(transfer: DirectTransfer, submission: () => Sleepable<number>): Sleepable<void> {
  try {
    yield* submission();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    transfer.fail(error.errno);
  } finally {
    yield* transfer.wait();
  }
}

/** The share of one mapping (iomap_dio_iter); answers the bytes it used. */
function readUnder(transfer: DirectTransfer, iomap: Iomap, start: number, span: number): Sleepable<number> {
  if (iomap.type === 'mapped') return ready(readMapped(transfer, iomap, start, span));
  if (iomap.type === 'delalloc') {
    // Somebody dirtied it through a mapping after it was written.
    transfer.fail('EIO');
    return ready(0);
  }
  const { bytes } = transfer.memory;
  const count = Math.min(span, bytes.length - transfer.size);
  if (count <= 0) transfer.fail('EFAULT');
  else bytes.fill(0, transfer.size, transfer.size + count);
  transfer.size += Math.max(0, count);
  return ready(Math.max(0, count));
}

function readMapped(transfer: DirectTransfer, iomap: Iomap, start: number, span: number): number {
  if (start % SECTOR_BYTES !== 0 || span % SECTOR_BYTES !== 0) {
    transfer.fail('EINVAL');
    return 0;
  }
  return submitSpan(transfer, iomap, start, span);
}

/** Sends [start, start + span) to the device; answers how much of it, and an error when that is nothing. */
function submitSpan(transfer: DirectTransfer, iomap: Iomap, start: number, span: number): number {
  let done = 0;
  while (done < span) {
    // An earlier transfer has failed: what follows is of no use to anybody.
    if (transfer.error !== null) return 0;
    const memory = transfer.take(span - done);
    if (memory === null) {
      if (done === 0) transfer.fail('EFAULT');
      break;
    }
    const aligned = transfer.isAligned(memory.length);
    const sector = (iomap.address + start + done - iomap.offset) / SECTOR_BYTES;
    transfer.size += memory.length;
    done += memory.length;
    if (aligned) transfer.submit(sector, memory);
    else transfer.fail('EINVAL');
  }
  return done;
}

/** How a direct write is done. */
export interface DirectWriteRules<F> {
  readonly ops: IomapOps<F>;
  readonly writeOps: DirectWriteOps<F>;
  /** Fails with EAGAIN rather than write or drop what is cached (IOCB_NOWAIT). */
  readonly nowait: boolean;
}

/**
 * iomap_dio_rw() for writing: `memory` to the device, past the page cache, which loses what it had there, before and after.
 * Answers the bytes written; what is missing then is for a buffered write, because the page cache could not let go (0), or
 * because the file system has no mapping for it (a hole). Fails with EINVAL, EFAULT, EIO, ENOSPC, EAGAIN; some of the bytes may
 * be on the device then.
 */
export function* directWrite<F extends IomapFile>(
  file: F,
  position: number,
  memory: UserMemory,
  { ops, writeOps, nowait }: DirectWriteRules<F>,
): Sleepable<number> {
  const { length } = memory;
  const end = position + length;
  if (nowait) {
    if (hasFolio(file.mapping, position, end)) fail('EAGAIN');
  } else if (!(yield* vacate(file, position, end))) return 0;
  const transfer = new DirectTransfer(file, 'write', memory);
  yield* run(transfer, () =>
    iterate(file, position, length, ops, (iomap, start, span) =>
      ready(writeUnder(transfer, iomap, start, span)),
    ),
  );
  if (transfer.error !== null) fail(transfer.error);
  if (transfer.size === 0) return 0;
  yield* writeOps.ended(file, position, transfer.size, transfer.unwritten);
  // Somebody may have read old bytes meanwhile. Who cannot be thrown out has made them dirty, and is on their own.
  if (!file.mapping.faults.has('direct-write-keeps-read-cache'))
    yield* invalidateRange(file.mapping, position, position + transfer.size);
  return transfer.size;
}

/** kiocb_invalidate_pages(): false when the cache keeps something of the range. */
function* vacate(file: IomapFile, start: number, end: number): Sleepable<boolean> {
  try {
    yield* writeAndCheck(file.mapping, start, end);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return false;
  }
  return yield* invalidateRange(file.mapping, start, end);
}

/** The share of one mapping (iomap_dio_bio_iter); answers the bytes it used, 0 also where it has no place for them. */
function writeUnder(transfer: DirectTransfer, iomap: Iomap, start: number, span: number): number {
  if (iomap.type === 'hole' || iomap.type === 'delalloc') return 0;
  if (start % SECTOR_BYTES !== 0 || span % SECTOR_BYTES !== 0) {
    transfer.fail('EINVAL');
    return 0;
  }
  const { blockSize } = transfer.file;
  const holdsNothing = iomap.type === 'unwritten' || iomap.isNew;
  if (iomap.type === 'unwritten') transfer.unwritten = true;
  if (holdsNothing) zero(transfer, iomap, start - (start % blockSize), start);
  const done = submitSpan(transfer, iomap, start, span);
  const end = start + done;
  const tail = end % blockSize;
  // Beyond the end of the file, too: a reader through a mapping would see it.
  const leavesEnd = transfer.file.mapping.faults.has('direct-write-leaves-end-of-block');
  if (tail !== 0 && (holdsNothing || end >= transfer.file.size) && !leavesEnd) {
    zero(transfer, iomap, end, end - tail + blockSize);
  }
  return done;
}

/** iomap_dio_zero(): bytes [from, to) of one block that is written in part only. */
function zero(transfer: DirectTransfer, iomap: Iomap, from: number, to: number): void {
  if (from === to) return;
  transfer.submit((iomap.address + from - iomap.offset) / SECTOR_BYTES, ZEROS.subarray(0, to - from));
}
