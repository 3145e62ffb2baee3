/**
 * CRC-32C (Castagnoli) as ext4 and jbd2 use it: the raw register, seed in and no final inversion, like the kernel's
 * crc32c(seed, data, length). Slicing by 16, and zeros by the 64, of which most metadata blocks are full; no dependency.
 */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 16;
const CHUNK_BYTES = 64;

/** Below this length a view of the data as words costs more than it saves. */
const CHUNKED_MIN_BYTES = 256;

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
  if (length >= CHUNKED_MIN_BYTES && data.byteOffset % 4 === 0) {
    const words = new Int32Array(data.buffer, data.byteOffset, length >> 2);
    for (; i + CHUNK_BYTES <= length; i += CHUNK_BYTES) {
      crc = isZeroChunk(words, i >> 2) ? afterZeroChunk(crc) : afterChunk(crc, data, i);
    }
  }
  for (; i + SLICES <= length; i += SLICES) crc = afterSlices(crc, data, i);
  for (; i < length; i++) crc = (crc >>> 8) ^ TABLE[(crc ^ data[i]!) & 0xff]!;
  return crc >>> 0;
}

function isZeroChunk(w: Int32Array, i: number): boolean {
  const low = w[i]! | w[i + 1]! | w[i + 2]! | w[i + 3]! | w[i + 4]! | w[i + 5]! | w[i + 6]! | w[i + 7]!;
  if (low !== 0) return false;
  return (
    (w[i + 8]! | w[i + 9]! | w[i + 10]! | w[i + 11]! | w[i + 12]! | w[i + 13]! | w[i + 14]! | w[i + 15]!) ===
    0
  );
}

const afterZeroChunk = (crc: number): number =>
  ZEROS[crc & 0xff]! ^
  ZEROS[256 + ((crc >>> 8) & 0xff)]! ^
  ZEROS[512 + ((crc >>> 16) & 0xff)]! ^
  ZEROS[768 + (crc >>> 24)]!;

function afterChunk(crc: number, data: Uint8Array, i: number): number {
  let register = crc;
  for (let end = i + CHUNK_BYTES; i < end; i += SLICES) register = afterSlices(register, data, i);
  return register;
}

function afterSlices(crc: number, data: Uint8Array, i: number): number {
  const t = TABLE;
  return (
    t[3840 + ((crc ^ data[i]!) & 0xff)]! ^
    t[3584 + (((crc >>> 8) ^ data[i + 1]!) & 0xff)]! ^
    t[3328 + (((crc >>> 16) ^ data[i + 2]!) & 0xff)]! ^
    t[3072 + (((crc >>> 24) ^ data[i + 3]!) & 0xff)]! ^
    t[2816 + data[i + 4]!]! ^
    t[2560 + data[i + 5]!]! ^
    t[2304 + data[i + 6]!]! ^
    t[2048 + data[i + 7]!]! ^
    t[1792 + data[i + 8]!]! ^
    t[1536 + data[i + 9]!]! ^
    t[1280 + data[i + 10]!]! ^
    t[1024 + data[i + 11]!]! ^
    t[768 + data[i + 12]!]! ^
    t[512 + data[i + 13]!]! ^
    t[256 + data[i + 14]!]! ^
    t[data[i + 15]!]!
  );
}
/* eslint-enable @typescript-eslint/no-non-null-assertion */

const WORD = new Uint8Array(4);

/** The register after one little-endian 32-bit number: inode numbers, generations and group numbers are hashed so. */
export function crc32cU32(seed: number, value: number): number {
  WORD[0] = value;
  WORD[1] = value >>> 8;
  WORD[2] = value >>> 16;
  WORD[3] = value >>> 24;
  return crc32c(seed, WORD);
}
