import type { Content } from '../model/index.ts';

/** Streams repeat after this many bytes. A prime, so that no block size divides it and a shifted block never looks right. */
const PERIOD_BYTES = 1_048_573;

/** The longest piece of a stream that lies in the pool; not shorter than the period. */
const WHOLE_BYTES_MAX = 1 << 20;

/** The longest piece that needs no copy: few sequences have longer ones than those of the pool, and each has the same several times. */
const LONG_BYTES_MAX = 16 << 20;

/** JBD2_MAGIC_NUMBER, which begins every block of a journal that is no copy of another one. */
const JOURNAL_MAGIC = 0xc03b3998;
const MAGIC_EVERY_SEEDS = 16;
const MAGIC_SEEDS_MAX = 4096;

/**
 * One pool of pseudo-random bytes, none of them zero, in which every stream is a window: seed and position choose where
 * it begins. Zero is left out so that a byte that was written never looks like a hole.
 */
const POOL = makePool();

const ZEROS = Buffer.alloc(1 << 16);

/** Bytes `start` .. `start + length` of the stream `seed`. The bytes belong to the pool: read them, never write them. */
export function streamBytes(seed: number, start: number, length: number): Uint8Array {
  const from = (originOf(seed) + start) % PERIOD_BYTES;
  if (length <= WHOLE_BYTES_MAX) return POOL.subarray(from, from + length);
  if (length <= LONG_BYTES_MAX)
    return (longPool ??= repeated(0, PERIOD_BYTES + LONG_BYTES_MAX)).subarray(from, from + length);
  return repeated(from, length);
}

/** The pool over and over again, made when somebody asks for it. */
let longPool: Uint8Array | null = null;

/** `length` bytes of the endless pool from its byte `from` on. */
function repeated(from: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; done += PERIOD_BYTES) {
    const piece = Math.min(PERIOD_BYTES, length - done);
    bytes.set(POOL.subarray(from, from + piece), done);
  }
  return bytes;
}

/** The pool itself, for whoever finds contents in it by their places. */
export const wholePool = (): Uint8Array => POOL;

/** Where in the pool a content begins, and its length; null when it is too long to lie there in one piece. */
export const placeInPool = ({ seed, length }: Content): readonly [start: number, length: number] | null =>
  length > 0 && length <= WHOLE_BYTES_MAX ? [originOf(seed), length] : null;

/** The bytes that an operation writes. */
export const contentBytes = (content: Content): Uint8Array => streamBytes(content.seed, 0, content.length);

/**
 * The offset in `bytes`, from `offset` on, of the first of `length` bytes that is not the one of stream `seed` from its
 * byte `start` on; -1 when all are.
 */
export function firstStrayByte(
  bytes: Uint8Array,
  offset: number,
  seed: number,
  start: number,
  length: number,
): number {
  let done = 0;
  while (done < length) {
    const from = (originOf(seed) + start + done) % PERIOD_BYTES;
    const piece = Math.min(WHOLE_BYTES_MAX, length - done);
    const equal = POOL.compare(bytes, offset + done, offset + done + piece, from, from + piece) === 0;
    if (!equal) return offset + done + firstDifference(bytes, offset + done, POOL, from, piece);
    done += piece;
  }
  return -1;
}

/** The offset in `bytes`, from `offset` on, of the first of `length` bytes that is not zero; -1 when all are. */
export function firstNonZero(bytes: Uint8Array, offset: number, length: number): number {
  let done = 0;
  while (done < length) {
    const piece = Math.min(ZEROS.length, length - done);
    const equal = ZEROS.compare(bytes, offset + done, offset + done + piece, 0, piece) === 0;
    if (!equal) return offset + done + firstDifference(bytes, offset + done, ZEROS, 0, piece);
    done += piece;
  }
  return -1;
}

/** How many bytes are equal before the first pair that is not; there is one among the `length`, or `bytes` ends. */
function firstDifference(
  bytes: Uint8Array,
  offset: number,
  expected: Uint8Array,
  from: number,
  length: number,
): number {
  let index = 0;
  while (index < length && bytes[offset + index] === expected[from + index]) index++;
  return index;
}

/** Where in the pool a stream begins: neighbouring seeds far from each other (Fibonacci hashing). */
function originOf(seed: number): number {
  return (Math.imul(seed + 1, 0x9e3779b1) >>> 0) % PERIOD_BYTES;
}

function makePool(): Buffer {
  const pool = Buffer.allocUnsafeSlow(PERIOD_BYTES + WHOLE_BYTES_MAX);
  let state = 0x2545f491;
  for (let index = 0; index < PERIOD_BYTES; index++) {
    // xorshift32: any fixed generator will do, as long as it never changes, for stored cases rely on it.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    pool[index] = ((state >>> 8) % 255) + 1;
  }
  placeMagic(pool);
  for (let index = PERIOD_BYTES; index < pool.length; index += PERIOD_BYTES) {
    pool.copyWithin(index, 0, Math.min(PERIOD_BYTES, pool.length - index));
  }
  return pool;
}

/** Some contents begin like a block of a journal: where data go through it, that must not be believed. */
function placeMagic(pool: Buffer): void {
  for (let seed = MAGIC_EVERY_SEEDS - 1; seed < MAGIC_SEEDS_MAX; seed += MAGIC_EVERY_SEEDS) {
    const origin = originOf(seed);
    if (origin + 4 <= PERIOD_BYTES) pool.writeUInt32BE(JOURNAL_MAGIC, origin);
  }
}
