import { Corruption } from '../../../lib/corruption.ts';
import {
  DX_HASH_HALF_MD4,
  DX_HASH_HALF_MD4_UNSIGNED,
  DX_HASH_LEGACY,
  DX_HASH_LEGACY_UNSIGNED,
  DX_HASH_TEA,
  DX_HASH_TEA_UNSIGNED,
  EXT4_HTREE_EOF_32BIT,
} from '../../layout/directory-index.ts';
import { halfMd4 } from './half-md4.ts';
import { legacy } from './legacy.ts';
import { tea } from './tea.ts';

/** Where a name stands in an indexed directory: unsigned numbers of 32 bits; the lowest bit of `major` is 0. */
export interface NameHash {
  readonly major: number;
  readonly minor: number;
}

/** What a seed of zeros means: the start of MD4. */
const DEFAULT_SEED = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);

/** From a version to that in which bytes have no sign. */
const TO_UNSIGNED = DX_HASH_LEGACY_UNSIGNED - DX_HASH_LEGACY;

/** Words that one step takes from the name. */
const HALF_MD4_WORDS = 8;
const TEA_WORDS = 4;

/** How a file system hashes names (ext4fs_dirhash with s_hash_seed, s_def_hash_version and s_hash_unsigned). */
export class DirectoryHash {
  /** dx_root_info.hash_version of new indexes. */
  readonly defaultVersion: number;
  readonly #seed: Int32Array;
  readonly #unsigned: boolean;
  readonly #state = new Int32Array(4);
  readonly #input = new Int32Array(HALF_MD4_WORDS);
  readonly #hash = new Uint32Array(2);

  /** `seed` is s_hash_seed, 16 bytes. `unsigned`: the bytes of a name have no sign. Throws Corruption as a mount does. */
  constructor(seed: Uint8Array, defaultVersion: number, unsigned: boolean) {
    if (defaultVersion > DX_HASH_TEA_UNSIGNED) {
      throw new Corruption(
        'ext4_super_block',
        'defHashVersion',
        defaultVersion,
        `at most ${DX_HASH_TEA_UNSIGNED}`,
      );
    }
    this.defaultVersion = defaultVersion;
    this.#unsigned = unsigned;
    const view = new DataView(seed.buffer, seed.byteOffset, 16);
    const words = new Int32Array(4);
    for (let index = 0; index < 4; index++) words[index] = view.getInt32(4 * index, true);
    this.#seed = words.some((word) => word !== 0) ? words : DEFAULT_SEED;
  }

  /** The hash of a name of at least one byte; `version` is one that dx_root_info or the superblock may say. */
  of(version: number, name: Uint8Array): NameHash {
    const hash = this.#hash;
    this.put(hash, 0, version, name, 0, name.length);
    return { major: hash[0] ?? 0, minor: hash[1] ?? 0 };
  }

  /**
   * Puts the hash of the name in bytes [`start`, `end`) of `bytes` into words `at` (major) and `at` + 1 (minor) of `target`: who reads
   * a directory asks for that of every name, and makes nothing else for it.
   */
  put(target: Uint32Array, at: number, version: number, bytes: Uint8Array, start: number, end: number): void {
    const effective = this.#unsigned && version <= DX_HASH_TEA ? version + TO_UNSIGNED : version;
    const state = this.#state;
    switch (effective) {
      case DX_HASH_HALF_MD4:
      case DX_HASH_HALF_MD4_UNSIGNED:
        this.#start();
        for (let from = start; from < end; from += 4 * HALF_MD4_WORDS) {
          fillInput(this.#input, HALF_MD4_WORDS, bytes, from, end, effective !== DX_HASH_HALF_MD4);
          halfMd4(state, this.#input);
        }
        target[at] = majorHash(state[1] ?? 0);
        target[at + 1] = state[2] ?? 0;
        return;
      case DX_HASH_TEA:
      case DX_HASH_TEA_UNSIGNED:
        this.#start();
        for (let from = start; from < end; from += 4 * TEA_WORDS) {
          fillInput(this.#input, TEA_WORDS, bytes, from, end, effective !== DX_HASH_TEA);
          tea(state, this.#input);
        }
        target[at] = majorHash(state[0] ?? 0);
        target[at + 1] = state[1] ?? 0;
        return;
      default:
        target[at] = majorHash(legacy(bytes.subarray(start, end), effective !== DX_HASH_LEGACY));
        target[at + 1] = 0;
    }
  }

  /** Four stores: to copy so few words by a call costs more. */
  #start(): void {
    const state = this.#state;
    const seed = this.#seed;
    state[0] = seed[0] ?? 0;
    state[1] = seed[1] ?? 0;
    state[2] = seed[2] ?? 0;
    state[3] = seed[3] ?? 0;
  }
}

/** The end of a directory is a position, too, so no name may have its hash. */
const END = EXT4_HTREE_EOF_32BIT * 2;

function majorHash(word: number): number {
  const even = (word & ~1) >>> 0;
  return even === END ? END - 2 : even;
}

/**
 * `words` words of a name from byte `from` of `bytes` on, where it ends before byte `limit` (str2hashbuf_signed,
 * str2hashbuf_unsigned): four bytes each, added one after the other, with the length of the rest as padding.
 */
function fillInput(
  input: Int32Array,
  words: number,
  bytes: Uint8Array,
  from: number,
  limit: number,
  unsigned: boolean,
): void {
  const rest = limit - from;
  let padding = rest | (rest << 8);
  padding |= padding << 16;
  // Moved to the top of a word and back, a byte gets its sign.
  const sign = unsigned ? 0 : 24;
  const end = from + Math.min(rest, 4 * words);
  let at = from;
  let index = 0;
  for (; at + 4 <= end; at += 4) {
    const first = ((bytes[at] ?? 0) << sign) >> sign;
    const second = ((bytes[at + 1] ?? 0) << sign) >> sign;
    const third = ((bytes[at + 2] ?? 0) << sign) >> sign;
    const fourth = ((bytes[at + 3] ?? 0) << sign) >> sign;
    input[index++] = (first << 24) + (second << 16) + (third << 8) + fourth;
  }
  if (index === words) return;
  let word = padding;
  for (; at < end; at++) word = ((((bytes[at] ?? 0) << sign) >> sign) + (word << 8)) | 0;
  input[index++] = word;
  while (index < words) input[index++] = padding;
}
