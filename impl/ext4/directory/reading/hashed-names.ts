import { assert } from '../../../lib/assert.ts';
import { entryIno, entryNameLength, nameOffset, nextEntry } from '../block.ts';
import type { DirectoryHash, NameHash } from '../hash/directory-hash.ts';
import { entryBytes } from '../../layout/directory.ts';

/** Bytes of the shortest entry: a block has no more names than that fits into it. */
const SHORTEST_BYTES = entryBytes(1);

/** A key of the order is half of a major hash, 31 bits, before the number of the name, which has so many: a double holds both. */
const NUMBERS = 2 ** 22;

/**
 * Names of a stretch of a directory from `start` on, by their hashes (struct fname). They are numbers in arrays over a copy of the blocks:
 * an object for each name is what reading a directory took most of its time for.
 */
export class HashedNames {
  /** How many there are. */
  count = 0;
  /** Copies of what names stand in, block by block. */
  bytes = new Uint8Array(0);
  /** The major hash with which the next stretch begins, or null after the last. */
  next: number | null = null;
  readonly #start: NameHash;
  #bytesUsed = 0;
  /** Where the entry of a name begins, and the two words of its hash; names in the order in which they were found. */
  #offsets = new Uint32Array(0);
  #hashes = new Uint32Array(0);
  /** Which name is the first, the second … by hash. */
  #order = new Uint32Array(0);

  /** There is room for names in so many bytes at once: most stretches are one block. */
  constructor(start: NameHash, bytesLength: number) {
    this.#start = start;
    this.#grow(bytesLength);
  }

  beginsAt({ major, minor }: NameHash): boolean {
    return this.#start.major === major && this.#start.minor === minor;
  }

  /** What follows is about the name that is number `place` in the order of hashes. */
  offset(place: number): number {
    return this.#offsets[this.#order[place] ?? 0] ?? 0;
  }

  major(place: number): number {
    return this.#hashes[2 * (this.#order[place] ?? 0)] ?? 0;
  }

  minor(place: number): number {
    return this.#hashes[2 * (this.#order[place] ?? 0) + 1] ?? 0;
  }

  /** Those of a block (htree_dirblock_to_tree). */
  addBlock(data: Uint8Array, hash: DirectoryHash, version: number): void {
    const base = this.#copy(data);
    const { bytes } = this;
    const end = base + data.length;
    const hashes = this.#hashes;
    const offsets = this.#offsets;
    let { count } = this;
    for (let at = base; at < end; at = nextEntry(data, at - base) + base) {
      if (entryIno(bytes, at) === 0) continue;
      const name = nameOffset(at);
      hash.put(hashes, 2 * count, version, bytes, name, name + entryNameLength(bytes, at));
      offsets[count] = at;
      if (!this.#isBefore(count)) count++;
    }
    this.count = count;
  }

  /** The entry at the beginning of `data`, whose name has this hash whatever it is. */
  addEntry(data: Uint8Array, { major, minor }: NameHash): void {
    const at = this.#copy(data);
    this.#offsets[this.count] = at;
    this.#hashes[2 * this.count] = major;
    this.#hashes[2 * this.count + 1] = minor;
    if (!this.#isBefore(this.count)) this.count++;
  }

  /** Puts the names in order; those of one hash stay in the order in which they were found. */
  sort(): void {
    const { count } = this;
    assert(count <= NUMBERS, () => `${count} names of one hash`);
    const keys = new Float64Array(count);
    for (let i = 0; i < count; i++) keys[i] = ((this.#hashes[2 * i] ?? 0) / 2) * NUMBERS + i;
    keys.sort();
    for (let i = 0; i < count; i++) {
      const key = keys[i] ?? 0;
      this.#order[i] = key - Math.floor(key / NUMBERS) * NUMBERS;
    }
    for (let i = 1; i < count; i++) if (this.major(i) === this.major(i - 1)) i = this.#sortByMinor(i - 1);
  }

  /** The names from `first` on that have the same major hash; answers which comes behind them. */
  #sortByMinor(first: number): number {
    let end = first + 1;
    while (end < this.count && this.major(end) === this.major(first)) end++;
    const minorOf = (name: number): number => this.#hashes[2 * name + 1] ?? 0;
    this.#order.subarray(first, end).sort((left, right) => minorOf(left) - minorOf(right) || left - right);
    return end;
  }

  #isBefore(name: number): boolean {
    const { major, minor } = this.#start;
    const own = this.#hashes[2 * name] ?? 0;
    return own < major || (own === major && (this.#hashes[2 * name + 1] ?? 0) < minor);
  }

  /** Copies what names stand in, and sees to room for them; answers where the copy begins. */
  #copy(data: Uint8Array): number {
    const base = this.#bytesUsed;
    if (base + data.length > this.bytes.length) this.#grow(2 * (base + data.length));
    this.#bytesUsed = base + data.length;
    this.bytes.set(data, base);
    return base;
  }

  #grow(bytesLength: number): void {
    const { bytes } = this;
    this.bytes = new Uint8Array(bytesLength);
    this.bytes.set(bytes);
    const names = Math.ceil(this.bytes.length / SHORTEST_BYTES);
    const hashes = this.#hashes;
    const offsets = this.#offsets;
    this.#hashes = new Uint32Array(2 * names);
    this.#hashes.set(hashes);
    this.#offsets = new Uint32Array(names);
    this.#offsets.set(offsets);
    this.#order = new Uint32Array(names);
  }
}
