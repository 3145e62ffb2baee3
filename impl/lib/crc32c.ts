/**
 * CRC-32C (Castagnoli) as ext4 and jbd2 use it: the raw register, seed in and no final inversion, like the kernel's
 * crc32c(seed, data, length). Slicing by 16, and zeros by the 64, of which most metadata blocks are full; no dependency.
 *
 * Most data is copied to a place that this file owns, and taken from there by words: the engine knows where that is and how
 * long, which is worth more than the copy costs. Words are little-endian, as on every machine that we know to run this; on
 * others each byte goes by itself.
 */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 16;
const CHUNK_BYTES = 64;

/** Below this length the copy costs more than it saves. */
const COPIED_MIN_BYTES = 64;

/** No block is larger. */
const COPY = new Uint8Array(65536);
const WORDS = new Int32Array(COPY.buffer);
const CHUNK_WORDS = CHUNK_BYTES / 4;

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

const TABLE = makeTable();
const ZEROS = makeZeroTable();

function makeTable(): Int32Array {
  const table = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let register = byte;
    for (let bit = 0; bit < 8; bit++)
      register = register & 1 ? (register >>> 1) ^ POLYNOMIAL : register >>> 1;
    table[byte] = register;
  }
  for (let index = 256; index < SLICES * 256; index++) {
    const previous = table[index - 256] ?? 0;
    table[index] = (previous >>> 8) ^ (table[previous & 0xff] ?? 0);
  }
  return table;
}

/** What 64 bytes of zeros make of each byte of the register: the operation is linear, so four look-ups do for all. */
function makeZeroTable(): Int32Array {
  const table = new Int32Array(4 * 256);
  for (let index = 0; index < table.length; index++) {
    let register = (index & 0xff) << (8 * (index >> 8));
    for (let byte = 0; byte < CHUNK_BYTES; byte++)
      register = (register >>> 8) ^ (TABLE[register & 0xff] ?? 0);
    table[index] = register;
  }
  return table;
}

/* eslint-disable @typescript-eslint/no-non-null-assertion --
   Every index below is masked to eight bits plus a table's start or bounded by the loop; a `?? 0` per access costs a fifth of
   the speed. */

/** The register after `data`, starting from the register `seed`; both unsigned 32-bit numbers. */
export function crc32c(seed: number, data: Uint8Array): number {
  const { length } = data;
  let crc = seed | 0;
  let i = 0;
  if (length >= COPIED_MIN_BYTES && length <= COPY.length && LITTLE_ENDIAN) {
    COPY.set(data);
    i = length - (length % CHUNK_BYTES);
    crc = afterChunks(crc, i / CHUNK_BYTES);
  }
  for (; i < length; i++) crc = (crc >>> 8) ^ TABLE[(crc ^ data[i]!) & 0xff]!;
  return crc >>> 0;
}

/** The register after that many chunks of the copy. */
function afterChunks(crc: number, chunks: number): number {
  let register = crc;
  for (let at = 0; at < chunks * CHUNK_WORDS; at += CHUNK_WORDS) {
    register = isZeroChunk(at) ? afterZeroChunk(register) : afterChunk(register, at);
  }
  return register;
}

function isZeroChunk(at: number): boolean {
  const w = WORDS;
  const low =
    w[at]! | w[at + 1]! | w[at + 2]! | w[at + 3]! | w[at + 4]! | w[at + 5]! | w[at + 6]! | w[at + 7]!;
  if (low !== 0) return false;
  const high =
    w[at + 8]! |
    w[at + 9]! |
    w[at + 10]! |
    w[at + 11]! |
    w[at + 12]! |
    w[at + 13]! |
    w[at + 14]! |
    w[at + 15]!;
  return high === 0;
}

const afterZeroChunk = (crc: number): number =>
  ZEROS[crc & 0xff]! ^
  ZEROS[256 + ((crc >>> 8) & 0xff)]! ^
  ZEROS[512 + ((crc >>> 16) & 0xff)]! ^
  ZEROS[768 + (crc >>> 24)]!;

function afterChunk(crc: number, at: number): number {
  let register = crc;
  for (let word = at; word < at + CHUNK_WORDS; word += 4) register = afterSlices(register, word);
  return register;
}

/** Sixteen bytes. What does not depend on the register comes first, so that it need not wait for it. */
function afterSlices(crc: number, at: number): number {
  const t = TABLE;
  const a = WORDS[at]! ^ crc;
  const b = WORDS[at + 1]!;
  const c = WORDS[at + 2]!;
  const d = WORDS[at + 3]!;
  const last =
    t[768 + (d & 0xff)]! ^ t[512 + ((d >>> 8) & 0xff)]! ^ t[256 + ((d >>> 16) & 0xff)]! ^ t[d >>> 24]!;
  const third =
    t[1792 + (c & 0xff)]! ^
    t[1536 + ((c >>> 8) & 0xff)]! ^
    t[1280 + ((c >>> 16) & 0xff)]! ^
    t[1024 + (c >>> 24)]!;
  const second =
    t[2816 + (b & 0xff)]! ^
    t[2560 + ((b >>> 8) & 0xff)]! ^
    t[2304 + ((b >>> 16) & 0xff)]! ^
    t[2048 + (b >>> 24)]!;
  const first =
    t[3840 + (a & 0xff)]! ^
    t[3584 + ((a >>> 8) & 0xff)]! ^
    t[3328 + ((a >>> 16) & 0xff)]! ^
    t[3072 + (a >>> 24)]!;
  return last ^ third ^ second ^ first;
}
/** The register after one little-endian 32-bit number: inode numbers, generations and group numbers are hashed so. */
export function crc32cU32(seed: number, value: number): number {
  let crc = seed ^ value;
  for (let byte = 0; byte < 4; byte++) crc = (crc >>> 8) ^ TABLE[crc & 0xff]!;
  return crc >>> 0;
}

/** The same for a big-endian one, as jbd2 writes its numbers. */
export const crc32cBigU32 = (seed: number, value: number): number => crc32cU32(seed, swapBytes(value));

const swapBytes = (value: number): number =>
  (value >>> 24) | ((value >>> 8) & 0xff00) | ((value << 8) & 0xff0000) | (value << 24);
/* eslint-enable @typescript-eslint/no-non-null-assertion */
