import { decodeName, nameBytes } from '../ext4/directory/file-name.ts';
import { isDirectory, isSymlink, type Inode } from '../ext4/inode/inode.ts';
import { encodeComponent, lookup, lookupParent } from '../ext4/namespace/lookup.ts';
import { readSymlink } from '../ext4/namespace/symlink.ts';
import { assert } from '../lib/assert.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { touchAccessTime } from './access-time.ts';
import type { KernelContext } from './kernel-context.ts';
import type { Path, Place } from './place.ts';
import { checkPermission, MAY_EXEC } from './permission/permission.ts';

/**
 * path_resolution(7), as fs/namei.c does it: a path is walked to the directory of its last component, and what happens
 * to the last component depends on the system call.
 */

/** Bytes of a path with its final NUL. */
const PATH_MAX = 4096;

/** Symbolic links followed for one path. */
const MAXSYMLINKS = 40;

/** What the last component of a path is. A path of slashes only has none: `root`. */
export type LastType = 'normal' | 'dot' | 'dot-dot' | 'root';

/** getname(): fails with ENOENT for an empty path, with ENAMETOOLONG for one of 4096 bytes or more. */
export function checkPath(path: Path): void {
  if (typeof path !== 'string') return;
  assert(!path.includes('\0'), 'a path ends at its first NUL, so it has none');
  if (path.length === 0) fail('ENOENT');
  if (path.length * 3 >= PATH_MAX && nameBytes(path) >= PATH_MAX) fail('ENAMETOOLONG');
}

/** A walk along one path (struct nameidata). It holds one reference to `dir` until `release`. */
export class PathWalk {
  readonly context: KernelContext;
  /** The directory reached. */
  dir: Inode;
  /** The last component, without its slashes. */
  last = '';
  lastType: LastType = 'root';
  /** The last component had a slash behind it. */
  trailingSlash = false;
  /**
   * The last component, or that of a link followed for it, had a slash behind it: a link is followed whatever the call
   * says, and must lead to a directory (LOOKUP_FOLLOW | LOOKUP_DIRECTORY).
   */
  sawSlash = false;
  #links = 0;

  constructor(context: KernelContext) {
    this.context = context;
    this.dir = context.root;
    this.dir.references++;
  }

  release(): Sleepable<void> {
    return this.context.sb.inodes.put(this.dir);
  }

  /**
   * Walks `path` from `dir` to its last component (link_path_walk with LOOKUP_PARENT), through
   * directories that the caller may search. Fails with EACCES where it may not.
   */
  *toLast(path: Path): Sleepable<void> {
    const { caller } = this.context;
    if (typeof path !== 'string') return yield* this.#toPlace(path);
    let text = path;
    let at = text.startsWith('/') ? yield* this.#toRoot(text) : 0;
    const outer: { readonly text: string; readonly at: number }[] = [];
    for (;;) {
      if (at === text.length) {
        const rest = outer.pop();
        if (rest === undefined) {
          this.#setLast('', false);
          return;
        }
        ({ text, at } = rest);
        continue;
      }
      if (!caller.privileged) yield* checkPermission(caller, this.dir, MAY_EXEC);
      const slash = text.indexOf('/', at);
      const end = slash < 0 ? text.length : slash;
      const name = text.slice(at, end);
      const next = skip(text, end);
      if (next === text.length && outer.length === 0) {
        this.#setLast(name, end < next);
        return;
      }
      at = next;
      const target = yield* this.#enter(name);
      if (target === null) continue;
      outer.push({ text, at });
      text = target;
      at = text.startsWith('/') ? yield* this.#toRoot(text) : 0;
    }
  }

  /** What is held already needs no walk; a name in it needs the right to search. */
  *#toPlace({ at, name }: Place): Sleepable<void> {
    yield* this.moveTo(this.#hold(at));
    const { caller } = this.context;
    if (name !== '' && !caller.privileged) yield* checkPermission(caller, at, MAY_EXEC);
    this.#setLast(name, false);
  }

  /** Slashes at the start of a path, or of a link's target, lead to the root. */
  *#toRoot(text: string): Sleepable<number> {
    yield* this.moveTo(this.#hold(this.context.root));
    return skip(text, 0);
  }

  #hold(inode: Inode): Inode {
    inode.references++;
    return inode;
  }

  #setLast(name: string, trailingSlash: boolean): void {
    this.last = name;
    this.lastType = name === '' ? 'root' : name === '.' ? 'dot' : name === '..' ? 'dot-dot' : 'normal';
    this.trailingSlash = trailingSlash;
    if (trailingSlash) this.sawSlash = true;
  }

  /** Goes on to `inode`, whose reference the walk takes over. */
  moveTo(inode: Inode): Sleepable<void> {
    const left = this.dir;
    this.dir = inode;
    return this.context.sb.inodes.put(left);
  }

  /** One component that is not the last (walk_component). Answers the target when it is a symbolic link. */
  *#enter(name: string): Sleepable<string | null> {
    if (name === '.') return null;
    if (name === '..') {
      yield* this.toParent();
      return null;
    }
    const inode = (yield* this.lookupShared(name)) ?? fail('ENOENT');
    if (isSymlink(inode.mode)) return yield* this.follow(inode);
    if (!isDirectory(inode.mode)) {
      yield* this.context.sb.inodes.put(inode);
      fail('ENOTDIR');
    }
    yield* this.moveTo(inode);
    return null;
  }

  /** `..`, which stays at the root (handle_dots). */
  *toParent(): Sleepable<void> {
    const { dir } = this;
    if (dir === this.context.root) return;
    yield* this.moveTo((yield* lookupParent(dir)) ?? fail('ENOENT'));
  }

  /** The inode of a name in `dir`, with a reference, or null (lookup_slow). */
  *lookupShared(name: string): Sleepable<Inode | null> {
    const { dir } = this;
    const bytes = encodeComponent(name);
    yield* dir.lock.read();
    try {
      return yield* lookup(dir, bytes);
    } finally {
      dir.lock.unlockRead();
    }
  }

  /** The target of a link whose reference ends here (pick_link). Fails with ELOOP at the 41st of a path. */
  *follow(link: Inode): Sleepable<string> {
    try {
      if (this.#links++ >= MAXSYMLINKS) fail('ELOOP');
      yield* touchAccessTime(link);
      return decodeName(yield* readSymlink(link));
    } finally {
      yield* this.context.sb.inodes.put(link);
    }
  }
}

function skip(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === 0x2f) at++;
  return at;
}

/**
 * The inode that a path means, with a reference (user_path_at). `follow` tells whether a symbolic link at the end is
 * followed; with a slash behind it always.
 */
export function* resolve(context: KernelContext, path: Path, follow: boolean): Sleepable<Inode> {
  checkPath(path);
  const walk = new PathWalk(context);
  try {
    yield* walk.toLast(path);
    for (;;) {
      if (walk.lastType !== 'normal') return yield* resolveDots(walk);
      const inode = (yield* walk.lookupShared(walk.last)) ?? fail('ENOENT');
      if (isSymlink(inode.mode) && (follow || walk.sawSlash)) {
        yield* walk.toLast(yield* walk.follow(inode));
        continue;
      }
      if (!walk.sawSlash || isDirectory(inode.mode)) return inode;
      yield* context.sb.inodes.put(inode);
      fail('ENOTDIR');
    }
  } finally {
    yield* walk.release();
  }
}

/** A path that ends in `.`, `..` or nothing means the directory reached, or its parent. */
export function* resolveDots(walk: PathWalk): Sleepable<Inode> {
  if (walk.lastType === 'dot-dot') yield* walk.toParent();
  walk.dir.references++;
  return walk.dir;
}
