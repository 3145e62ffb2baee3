import type { Words } from './layout.ts';
import { directoryEntry } from './messages.ts';
import type { TakeTreeEntry } from './node-tree.ts';

/** Where the fields of an entry stand, in words of four bytes (struct fuse_dirent). */
const NEXT_LOW = 2;
const NEXT_HIGH = 3;
const WORDS = directoryEntry.size / 4;

/** Bytes of an entry: each begins at a multiple of eight (FUSE_DIRENT_SIZE). */
export const packedEntryBytes = (nameLength: number): number => (directoryEntry.size + nameLength + 7) & ~7;

/**
 * Entries of a directory one after the other, as READDIR answers them. Words are stored at once, and names byte by byte: tables and calls
 * for so little take several times as long, and there are thousands.
 */
export class PackedEntries {
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #headBytes: number;
  readonly #entriesMax: number;
  #entries = 0;
  #used = 0;
  /** Where the last entry begins; -1 before the first. */
  #last = -1;

  /**
   * `memory` begins at a multiple of four bytes. At most `entriesMax` are taken, so many that there would also be room for `headBytes` in
   * front of each.
   */
  constructor(memory: Uint8Array, headBytes = 0, entriesMax = Infinity) {
    this.#bytes = memory;
    this.#words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length >> 2);
    this.#headBytes = headBytes;
    this.#entriesMax = entriesMax;
  }

  /** Bytes of what was taken. */
  get used(): number {
    return this.#used;
  }

  /** An entry, unless there is no room: its own position, `high` and `low`, is what the one before it leads to. */
  readonly take: TakeTreeEntry = (block, nameAt, nameLength, ino, type, high, low) => {
    if (this.#last >= 0) this.#lead(high, low);
    const at = this.#used;
    const end = at + packedEntryBytes(nameLength);
    const entries = this.#entries + 1;
    if (entries > this.#entriesMax || end + entries * this.#headBytes > this.#bytes.length) return false;
    const bytes = this.#bytes;
    const words = this.#words;
    const word = at >> 2;
    words[word] = ino;
    words[word + 1] = 0;
    words[word + WORDS - 2] = nameLength;
    words[word + WORDS - 1] = type;
    // The name ends within the last two words, or there is none.
    const endWord = end >> 2;
    words[endWord - 2] = 0;
    words[endWord - 1] = 0;
    const target = at + directoryEntry.size;
    for (let i = 0; i < nameLength; i++) bytes[target + i] = block[nameAt + i] ?? 0;
    this.#entries = entries;
    this.#last = at;
    this.#used = end;
    return true;
  };

  /** What comes behind the last entry. */
  close({ high, low }: Words): void {
    if (this.#last >= 0) this.#lead(high, low);
  }

  #lead(high: number, low: number): void {
    const word = this.#last >> 2;
    this.#words[word + NEXT_LOW] = low;
    this.#words[word + NEXT_HIGH] = high;
  }
}
