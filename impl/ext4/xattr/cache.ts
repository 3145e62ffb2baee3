/** Entries of an index; the oldest make room for new ones. */
const ENTRIES_MAX = 16_384;

/** Numbers of blocks or inodes by a hash of what they hold (fs/mbcache.c). */
class HashIndex {
  /** By hash, the newest last. */
  readonly #byHash = new Map<number, number[]>();
  #entries = 0;

  /** Those that may hold what has this hash, the newest first. */
  candidates(hash: number): readonly number[] {
    return this.#byHash.get(hash)?.toReversed() ?? [];
  }

  has(hash: number, value: number): boolean {
    return this.#byHash.get(hash)?.includes(value) === true;
  }

  add(hash: number, value: number): void {
    const values = this.#byHash.get(hash);
    if (values?.includes(value) === true) return;
    if (values === undefined) this.#byHash.set(hash, [value]);
    else values.push(value);
    if (++this.#entries > ENTRIES_MAX) this.#dropOldest();
  }

  delete(hash: number, value: number): void {
    const values = this.#byHash.get(hash);
    const index = values?.indexOf(value) ?? -1;
    if (values === undefined || index < 0) return;
    values.splice(index, 1);
    this.#entries--;
    if (values.length === 0) this.#byHash.delete(hash);
  }

  #dropOldest(): void {
    for (const [hash, values] of this.#byHash) {
      this.#entries -= values.length;
      this.#byHash.delete(hash);
      return;
    }
  }
}

/** What of extended attributes a mount has seen lately and may share (s_ea_block_cache, s_ea_inode_cache). */
export class XattrCache {
  /** Blocks of attributes by h_hash. One is taken out before it changes or is freed. */
  readonly blocks = new HashIndex();
  /** Inodes that hold a value, by the crc32c of that. One is taken out before it is freed. */
  readonly valueInodes = new HashIndex();
}
