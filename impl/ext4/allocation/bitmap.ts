/**
 * Bitmaps as ext4 keeps them: bit n of byte n / 8, lowest bit first, 1 = in use. Searches look at 32 bits at a time; all
 * ranges are [start, end).
 */

/** Is bit `index` set? */
export const testBit = (bits: Uint8Array, index: number): boolean =>
  (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;

export function setBit(bits: Uint8Array, index: number): void {
  bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
}

export function clearBit(bits: Uint8Array, index: number): void {
  bits[index >> 3] = (bits[index >> 3] ?? 0) & ~(1 << (index & 7));
}

/** The bits of one byte from `start % 8` on, `length` of them at most up to the end of the byte. */
const byteMask = (start: number, length: number): number => ((1 << Math.min(8, length)) - 1) << (start & 7);

export function setRange(bits: Uint8Array, start: number, end: number): void {
  let index = start;
  if ((index & 7) !== 0 && index < end) {
    bits[index >> 3] = (bits[index >> 3] ?? 0) | (byteMask(index, end - index) & 0xff);
    index = Math.min(end, (index | 7) + 1);
  }
  const whole = end & ~7;
  if (index < whole) {
    bits.fill(0xff, index >> 3, whole >> 3);
    index = whole;
  }
  if (index < end) bits[index >> 3] = (bits[index >> 3] ?? 0) | byteMask(index, end - index);
}

export function clearRange(bits: Uint8Array, start: number, end: number): void {
  let index = start;
  if ((index & 7) !== 0 && index < end) {
    bits[index >> 3] = (bits[index >> 3] ?? 0) & ~byteMask(index, end - index);
    index = Math.min(end, (index | 7) + 1);
  }
  const whole = end & ~7;
  if (index < whole) {
    bits.fill(0, index >> 3, whole >> 3);
    index = whole;
  }
  if (index < end) bits[index >> 3] = (bits[index >> 3] ?? 0) & ~byteMask(index, end - index);
}

/** Bits 0 .. 31 of the bitmap from byte `byte` on, as a signed number; bytes behind the end count as 0. */
const word = (bits: Uint8Array, byte: number): number =>
  (bits[byte] ?? 0) |
  ((bits[byte + 1] ?? 0) << 8) |
  ((bits[byte + 2] ?? 0) << 16) |
  ((bits[byte + 3] ?? 0) << 24);

/** Index of the lowest set bit of a 32-bit number that is not 0. */
const lowestBit = (value: number): number => 31 - Math.clz32(value & -value);

/** The first bit at or after `from` that differs from `skip` (all zeros or all ones), or `end`. */
function findBit(bits: Uint8Array, from: number, end: number, skip: 0 | -1): number {
  for (let index = from; index < end; index = (index | 31) + 1) {
    const byte = (index >> 5) << 2;
    const different = (word(bits, byte) ^ skip) & (-1 << (index & 31));
    if (different !== 0) return Math.min(end, (index & ~31) + lowestBit(different));
  }
  return end;
}

/** The first clear bit at or after `from`, or `end` if there is none. */
export const findClear = (bits: Uint8Array, from: number, end: number): number =>
  findBit(bits, from, end, -1);

/** The first set bit at or after `from`, or `end` if there is none. */
export const findSet = (bits: Uint8Array, from: number, end: number): number => findBit(bits, from, end, 0);

/** Clear bits in [start, end). */
export function countClear(bits: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let index = findClear(bits, start, end); index < end;) {
    const next = findSet(bits, index, end);
    count += next - index;
    index = findClear(bits, next, end);
  }
  return count;
}

/** A run of clear bits. */
export interface ClearRun {
  start: number;
  length: number;
}

/**
 * The first run of at least `wanted` clear bits in [from, end), cut to `wanted`; else the longest one there is, which may
 * be empty. The answer goes to `result`, so that a search allocates nothing.
 */
export function findRun(bits: Uint8Array, from: number, end: number, wanted: number, result: ClearRun): void {
  for (let index = findClear(bits, from, end); index < end;) {
    const limit = Math.min(end, index + wanted);
    const next = findSet(bits, index, limit);
    if (next - index > result.length) {
      result.start = index;
      result.length = next - index;
      if (result.length >= wanted) return;
    }
    index = findClear(bits, next, end);
  }
}

/** The largest power of two that is at most `value`, which is at least 1. */
const powerBelow = (value: number): number => 1 << (31 - Math.clz32(value));

/** Where the largest block of 2^n bits, n as large as `most` allows, lies in [start, end) at a multiple of its size. */
function alignedBlock(start: number, end: number, most: number): ClearRun {
  for (let size = powerBelow(Math.min(most, end - start)); ; size /= 2) {
    const first = Math.ceil(start / size) * size;
    if (first + size <= end) return { start: first, length: size };
  }
}

/**
 * A run of `wanted` clear bits in [from, end) at a multiple of `wanted`, a power of two, with room behind it: the run
 * starts the largest aligned block there is, of `room` bits at most; of equally large ones the first counts. `room` is
 * a power of two, at least `wanted`. Without such a block the first run that is long enough is the answer, else the
 * longest one, which may be empty.
 */
export function findRegion(
  bits: Uint8Array,
  from: number,
  end: number,
  wanted: number,
  room: number,
): ClearRun {
  const longest: ClearRun = { start: 0, length: 0 };
  let best: ClearRun | null = null;
  for (let index = findClear(bits, from, end); index < end;) {
    const next = findSet(bits, index, end);
    const length = next - index;
    if (length >= wanted && length > (best?.length ?? 0)) {
      const block = alignedBlock(index, next, room);
      if (block.length >= wanted && block.length > (best?.length ?? 0)) best = block;
      if (best !== null && best.length >= room) break;
    }
    if (length > longest.length && longest.length < wanted) {
      longest.start = index;
      longest.length = Math.min(length, wanted);
    }
    index = findClear(bits, next, end);
  }
  return best === null ? longest : { start: best.start, length: wanted };
}
