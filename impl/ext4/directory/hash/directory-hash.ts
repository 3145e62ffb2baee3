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
    const effective = this.#unsigned && version <= DX_HASH_TEA ? version + TO_UNSIGNED : version;
    switch (effective) {
      case DX_HASH_HALF_MD4:
      case DX_HASH_HALF_MD4_UNSIGNED:
        this.#digest(name, HALF_MD4_WORDS, effective !== DX_HASH_HALF_MD4, halfMd4);
        return nameHash(this.#state[1] ?? 0, this.#state[2] ?? 0);
      case DX_HASH_TEA:
      case DX_HASH_TEA_UNSIGNED:
        this.#digest(name, TEA_WORDS, effective !== DX_HASH_TEA, tea);
        return nameHash(this.#state[0] ?? 0, this.#state[1] ?? 0);
      default:
        return nameHash(legacy(name, effective !== DX_HASH_LEGACY), 0);
    }
  }

  #digest(
    name: Uint8Array,
    words: number,
    unsigned: boolean,
    transform: (state: Int32Array, input: Int32Array) => void,
  ): void {
    const state = this.#state;
    const input = this.#input;
    state.set(this.#seed);
    for (let at = 0; at < name.length; at += 4 * words) {
      fillInput(input, words, name, at, unsigned);
      transform(state, input);
    }
  }
}

/** The end of a directory is a position, too, so no name may have its hash. */
const END = EXT4_HTREE_EOF_32BIT * 2;

function nameHash(major: number, minor: number): NameHash {
  const even = (major & ~1) >>> 0;
  return { major: even === END ? END - 2 : even, minor: minor >>> 0 };
}

/**
 * `words` words of the name from byte `at` on (str2hashbuf_signed, str2hashbuf_unsigned): four bytes each, added one after
 * the other, with the length of the rest as padding.
 */
function fillInput(input: Int32Array, words: number, name: Uint8Array, at: number, unsigned: boolean): void {
  const rest = name.length - at;
  let padding = rest | (rest << 8);
  padding |= padding << 16;
  const end = Math.min(rest, 4 * words);
  let word = padding;
  let index = 0;
  for (let i = 0; i < end; i++) {
    const byte = name[at + i] ?? 0;
    word = ((unsigned ? byte : (byte << 24) >> 24) + (word << 8)) | 0;
    if (i % 4 === 3) {
      input[index++] = word;
      word = padding;
    }
  }
  if (index < words) input[index++] = word;
  while (index < words) input[index++] = padding;
}
