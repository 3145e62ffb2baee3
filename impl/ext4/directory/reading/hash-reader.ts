import { present } from '../../../lib/assert.ts';
import type { Sleepable } from '../../../sched/sleepable.ts';
import type { Inode } from '../../inode/inode.ts';
import type { NameHash } from '../hash/directory-hash.ts';
import { sameCookie, type CookieFormat, type DirectoryCookie } from './cookie.ts';
import { namesFrom, type HashedNames } from './hash-order.ts';
import type { Emit } from './reader.ts';

const NOTHING: HashedNames = { names: [], next: null };

const sameHash = (left: NameHash, right: NameHash): boolean =>
  left.major === right.major && left.minor === right.minor;

/** Reads a directory in the order of hashes (ext4_dx_readdir with struct dir_private_info). */
export class HashReader {
  readonly #format: CookieFormat;
  /** What was read of the directory, and which of it is next. */
  #stretch = NOTHING;
  #next = 0;
  /** The hash of what is next: where to read on when `#stretch` is used up or out of date. */
  #hash: NameHash = { major: 0, minor: 0 };
  /** The directory's version when `#stretch` was read. */
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
    const { end } = this.#format;
    if (sameCookie(position, end)) return end;
    if (this.#left === null || !sameCookie(this.#left, position)) this.#moveTo(position);
    for (;;) {
      if (!(yield* this.#refresh(dir))) return (this.#left = end);
      const { hash, entry } = present(this.#stretch.names[this.#next], 'name');
      const at = this.#format.of(hash.major, hash.minor);
      if (!emit(entry, at)) return (this.#left = at);
      if (!this.#advance()) return (this.#left = end);
    }
  }

  #moveTo(position: DirectoryCookie): void {
    this.#stretch = NOTHING;
    this.#next = 0;
    this.#hash = { major: this.#format.major(position), minor: this.#format.minor(position) };
  }

  /** Reads on where it must; false at the end of the directory. */
  *#refresh(dir: Inode): Sleepable<boolean> {
    const { names } = this.#stretch;
    if (this.#next < names.length && (this.#version === dir.version || this.#isWithinHash())) return true;
    this.#version = dir.version;
    this.#stretch = yield* namesFrom(dir, this.#hash);
    this.#next = 0;
    return this.#stretch.names.length > 0;
  }

  /** Names of one hash share their position, so they are gone through as they were once read (extra_fname). */
  #isWithinHash(): boolean {
    const before = this.#stretch.names[this.#next - 1];
    const next = this.#stretch.names[this.#next];
    return before !== undefined && next !== undefined && sameHash(before.hash, next.hash);
  }

  /** On to the next name; false when none follows. */
  #advance(): boolean {
    this.#next++;
    const following = this.#stretch.names[this.#next];
    if (following !== undefined) this.#hash = following.hash;
    else if (this.#stretch.next === null) return false;
    else this.#hash = { major: this.#stretch.next, minor: 0 };
    return true;
  }
}
