import type { Sleepable } from '../../../sched/sleepable.ts';
import type { Inode } from '../../inode/inode.ts';
import { BadIndex } from '../bad-index.ts';
import { entryAt, type DirectoryEntry } from '../block.ts';
import { hasDirectoryIndexes, isIndexed } from '../index-block.ts';
import { COOKIES_64, START, type CookieFormat, type DirectoryCookie } from './cookie.ts';
import { HashReader } from './hash-reader.ts';
import { LinearReader } from './linear-reader.ts';

/**
 * Takes the entry at byte `at` of a block, whose position are these two words, or answers false because it has no room (dir_emit). The
 * block is what it is until it answers.
 */
export type Emit = (block: Uint8Array, at: number, high: number, low: number) => boolean;

/** An entry, and the position behind it. */
export interface PlacedEntry extends DirectoryEntry {
  readonly next: DirectoryCookie;
}

/** One whose `next` is its own position until the one behind it is found. */
interface FoundEntry extends DirectoryEntry {
  next: DirectoryCookie;
}

/**
 * Reads a directory step by step (the f_pos and dir_private_info of an open directory). Names that are there all the while
 * come exactly once, whatever else changes between the steps; only . and .. may move, when the directory gets an index.
 */
export class DirectoryReader {
  readonly #dir: Inode;
  readonly #byHash: HashReader;
  readonly #linear = new LinearReader();
  #position: DirectoryCookie;
  /** Once its index was found damaged, the directory is read through its blocks, or positions would change their meaning. */
  #hasIndex = true;

  constructor(dir: Inode, position: DirectoryCookie = START, format: CookieFormat = COOKIES_64) {
    this.#dir = dir;
    this.#position = position;
    this.#byHash = new HashReader(format);
  }

  get position(): DirectoryCookie {
    return this.#position;
  }

  /** The next step goes on at `position`: one that was given out, or START. */
  seek(position: DirectoryCookie): void {
    this.#position = position;
    this.#byHash.reset();
    this.#linear.reset();
  }

  /** At most `count` entries, none at the end (ext4_readdir). The caller holds the directory's i_rwsem. */
  *read(count: number): Sleepable<PlacedEntry[]> {
    const found: FoundEntry[] = [];
    let last: FoundEntry | null = null;
    const end = yield* this.readOn((block, at, high, low) => {
      const position = { high, low };
      if (last !== null) last.next = position;
      if (found.length === count) return false;
      last = { ...entryAt(block, at), next: position };
      found.push(last);
      return true;
    });
    const behind = found[found.length - 1];
    if (behind !== undefined) behind.next = end;
    return found;
  }

  /** As long as `emit` takes entries. Answers the position reached, which is that of what was not taken, or the end. */
  *readOn(emit: Emit): Sleepable<DirectoryCookie> {
    this.#position = yield* this.#readInOrder(emit);
    return this.#position;
  }

  /** By hash where there is an index, or may be one soon; through the blocks where there is none, or a damaged one. */
  *#readInOrder(emit: Emit): Sleepable<DirectoryCookie> {
    const dir = this.#dir;
    const oneBlock = dir.size === dir.sb.geometry.blockSize;
    if (this.#hasIndex && (isIndexed(dir) || (oneBlock && hasDirectoryIndexes(dir)))) {
      try {
        return yield* this.#byHash.read(dir, this.#position, emit);
      } catch (error) {
        if (!(error instanceof BadIndex)) throw error;
        this.#hasIndex = false;
      }
    }
    return yield* this.#linear.read(dir, this.#position, emit);
  }
}
