import type { Dentry, DirectoryInode, Inode, SymlinkInode } from './inode.ts';
import { NAME_BYTES_MAX, SYMLINKS_MAX, exceedsBytes, pathError } from './limits.ts';
import type { Errno, Path } from './operation.ts';
import { EXECUTE, accessError } from './permission.ts';
import type { State } from './state.ts';

/** What the last component of a path is (LAST_NORM, LAST_DOT, LAST_DOTDOT, LAST_ROOT). */
export type LastKind = 'name' | 'dot' | 'dotdot' | 'root';

/**
 * A walk along a path as in fs/namei.c: `start` goes up to the last component and stops before it, because what
 * happens there differs from call to call. One walk is reused for all paths; what it found is in its fields.
 * Everything here answers an errno or what was found, and throws nothing.
 */
export class PathWalk {
  /** The directory that the last component is looked up in. */
  parent: DirectoryInode;
  /** The last component, without the slashes that may follow. */
  last = '';
  kind: LastKind = 'root';
  /** Whether slashes follow the last component. */
  trailingSlash = false;
  /** Whether following a link may move its atime; off when a path is only looked at. */
  touches = true;
  private followed = 0;
  private readonly state: State;

  constructor(state: State) {
    this.state = state;
    this.parent = state.root;
  }

  /** Walks to the parent of the last component (path_parentat). Links on the way are followed, the last is not. */
  start(path: Path): Errno | null {
    this.followed = 0;
    return pathError(path) ?? this.walkToLast(this.state.root, path);
  }

  /** The inode that `path` names (path_lookupat). A trailing slash follows a last link whatever `followLast` says. */
  resolve(path: Path, followLast: boolean): Inode | Errno {
    let error = this.start(path);
    let follow = followLast;
    let directoryOnly = false;
    while (error === null) {
      if (this.trailingSlash) {
        follow = true;
        directoryOnly = true;
      }
      const inode = this.lookupLast();
      if (typeof inode === 'string') return inode;
      if (inode.type !== 'symlink' || !follow) {
        return directoryOnly && inode.type !== 'directory' ? 'ENOTDIR' : inode;
      }
      error = this.follow(inode);
    }
    return error;
  }

  /** What the last component names, links not followed. */
  lookupLast(): Inode | Errno {
    switch (this.kind) {
      case 'name': {
        const found = this.lookupName();
        return typeof found === 'string' ? found : found.inode;
      }
      case 'dotdot':
        return this.parent.parent;
      default:
        return this.parent;
    }
  }

  /** The entry that the last component names; it must be a name. Names of more than 255 bytes are ENAMETOOLONG. */
  lookupName(): Dentry | Errno {
    return this.lookupIn(this.parent, this.last);
  }

  lookupIn(directory: DirectoryInode, name: string): Dentry | Errno {
    return directory.children.get(name) ?? (exceedsBytes(name, NAME_BYTES_MAX) ? 'ENAMETOOLONG' : 'ENOENT');
  }

  /** Goes on along the last component, a symbolic link, up to the last component of its target. */
  follow(link: SymlinkInode): Errno | null {
    if (this.followed >= SYMLINKS_MAX) return 'ELOOP';
    this.followed++;
    if (this.touches) this.state.markAccessed(link);
    return this.walkToLast(this.parent, link.target);
  }

  private walkToLast(from: DirectoryInode, path: string): Errno | null {
    let position = skipSlashes(path, 0);
    this.parent = position > 0 ? this.state.root : from;
    if (position === path.length) {
      this.kind = 'root';
      this.trailingSlash = false;
      return null;
    }
    for (;;) {
      const refused = accessError(this.state, this.parent, EXECUTE);
      if (refused !== null) return refused;
      const slash = path.indexOf('/', position);
      const end = slash < 0 ? path.length : slash;
      const next = skipSlashes(path, end);
      this.last = path.slice(position, end);
      this.kind = kindOf(this.last);
      if (next === path.length) {
        this.trailingSlash = next > end && this.kind === 'name';
        return null;
      }
      const error = this.enterLast();
      if (error !== null) return error;
      position = next;
    }
  }

  /** Makes what the last component names, links followed, the directory to look up the next one in. */
  private enterLast(): Errno | null {
    let inode = this.lookupLast();
    while (typeof inode !== 'string' && inode.type === 'symlink') {
      const error = this.follow(inode);
      if (error !== null) return error;
      inode = this.lookupLast();
    }
    if (typeof inode === 'string') return inode;
    if (inode.type !== 'directory') return 'ENOTDIR';
    this.parent = inode;
    return null;
  }
}

function kindOf(component: string): LastKind {
  if (component === '.') return 'dot';
  return component === '..' ? 'dotdot' : 'name';
}

function skipSlashes(path: string, from: number): number {
  let position = from;
  while (path.charCodeAt(position) === 0x2f) position++;
  return position;
}
