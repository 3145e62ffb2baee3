import type { Sleepable } from '../../../sched/sleepable.ts';
import type { Inode } from '../../inode/inode.ts';
import { sameCookie, type CookieFormat, type DirectoryCookie } from './cookie.ts';
import { readNamesFrom } from './hash-order.ts';
import type { HashedNames } from './hashed-names.ts';
import type { Emit } from './reader.ts';

/** Reads a directory in the order of hashes (ext4_dx_readdir with struct dir_private_info). */
export class HashReader {
  readonly #format: CookieFormat;
  /** What was read of the directory, null when nothing was, and which of it is next. */
  #names: HashedNames | null = null;
  #next = 0;
  /** The hash of what is next: where to read on when `#names` are used up or out of date. */
  #major = 0;
  #minor = 0;
  /** The directory's version when `#names` were read. */
  #version = 0;
  /** The position that the last step left; another one means that somebody has moved it. */
  #left: DirectoryCookie | null = null;

  constructor(format: CookieFormat) {
    this.#format = format;
  }

  /** Forgets what was read before: the position was moved, if only to where it was. */
  reset(): void {
    this.#left = null;
  }

  /** From `position` on, as long as `emit` takes entries. Answers the position reached. Throws BadIndex. */
  *read(dir: Inode, position: DirectoryCookie, emit: Emit): Sleepable<DirectoryCookie> {
    const format = this.#format;
    if (sameCookie(position, format.end)) return format.end;
    if (this.#left === null || !sameCookie(this.#left, position)) this.#moveTo(position);
    for (;;) {
      const names = yield* this.#namesAtNext(dir);
      if (names === null) return (this.#left = format.end);
      const high = format.high(this.#major);
      const low = format.low(this.#major, this.#minor);
      if (!emit(names.bytes, names.offset(this.#next), high, low)) return (this.#left = { high, low });
      if (!this.#advance(names)) return (this.#left = format.end);
    }
  }

  #moveTo(position: DirectoryCookie): void {
    this.#names = null;
    this.#next = 0;
    this.#major = this.#format.major(position);
    this.#minor = this.#format.minor(position);
  }

  /** Reads on where it must; null at the end of the directory. */
  *#namesAtNext(dir: Inode): Sleepable<HashedNames | null> {
    const known = this.#names;
    if (known !== null && this.#next < known.count) {
      if (this.#version === dir.version || this.#isWithinHash(known)) return known;
    }
    this.#version = dir.version;
    const names = yield* readNamesFrom(dir, { major: this.#major, minor: this.#minor });
    this.#names = names;
    this.#next = 0;
    if (names.count === 0) return null;
    this.#seeNext(names);
    return names;
  }

  /** Names of one hash share their position, so they are gone through as they were once read (extra_fname). */
  #isWithinHash(names: HashedNames): boolean {
    const before = this.#next - 1;
    return before >= 0 && names.major(before) === this.#major && names.minor(before) === this.#minor;
  }

  /** On to the next name; false when none follows. */
  #advance(names: HashedNames): boolean {
    this.#next++;
    if (this.#next < names.count) {
      this.#seeNext(names);
      return true;
    }
    const { next } = names;
    if (next === null) return false;
    this.#major = next;
    this.#minor = 0;
    return true;
  }

  #seeNext(names: HashedNames): void {
    this.#major = names.major(this.#next);
    this.#minor = names.minor(this.#next);
  }
}
