import { ROOT } from './caller.ts';
import { Dentry, DirectoryInode } from './inode.ts';
import type { Attributes, FileInode, Inode } from './inode.ts';
import type { Mapping } from './mapping.ts';
import { NameList } from './name-list.ts';
import type { OpenFile } from './open-file.ts';
import { isNoSpace } from './outcome.ts';
import type { Credentials, Errno, Handle, MappingName, Outcome, Stat, Timestamp } from './operation.ts';
import type { ModelOptions } from './options.ts';
import { compareTimes, exactlySame, keepsWholeSeconds, mayShareSecond, relatimeMovesAtime } from './times.ts';
import type { SameTime } from './times.ts';
import { PathWalk } from './path-walk.ts';

const EPOCH: Timestamp = { seconds: 0, nanoseconds: 0 };

/** Each time, and what else it may be. */
const OPEN_TIMES = [
  ['atime', 'openAtimes'],
  ['mtime', 'openMtimes'],
  ['ctime', 'openCtimes'],
] as const;

/** A change of the size that ran out of space went as far as it could. */
function settleSize(inode: FileInode, size: number): void {
  const { contents, openSize } = inode;
  inode.openSize = null;
  if (openSize === null || size <= openSize.least || size > openSize.most) return;
  if (size !== openSize.most && size % openSize.unit !== 0) return;
  contents.truncate(size);
  contents.forget(openSize.unknown, size);
}

/** The mounted file system and the process that uses it. Changed in place by the step functions. */
export class State {
  readonly options: ModelOptions;
  readonly root: DirectoryInode;
  readonly handles = new Map<Handle, OpenFile>();
  readonly mappings = new Map<MappingName, Mapping>();
  readonly directories = new NameList();
  readonly files = new NameList();
  readonly symlinks = new NameList();
  /** Fifos, sockets and devices. */
  readonly specials = new NameList();
  readonly walk: PathWalk;
  /** The time of the step under way. */
  now: Timestamp = EPOCH;
  /** The caller of the step under way. Each change makes a new object, as the kernel does (struct cred). */
  caller: Credentials = ROOT;
  /** Which kinds of metadata a step has ever tried to set, so that whoever looks at the tree looks at those, too. */
  used = { xattrs: false, flags: false };
  /** What the target answered to the step under way, if the model may follow it. */
  observed: Outcome | undefined = undefined;
  /** Files that the kernel swaps to (S_SWAPFILE): nobody else changes what they hold, cuts them, or takes their names away. */
  readonly swapFiles = new Set<FileInode>();
  /** Whether the file system is frozen (FIFREEZE): nothing changes, not even the time of an access. */
  frozen = false;
  /** Whether there is room for whatever the step needs, so that nothing is refused for want of it. */
  hasRoom = false;
  /** How its times compare with the model's. */
  sameTime: SameTime = exactlySame;

  /** A file system of nothing but a root directory. */
  constructor(options: ModelOptions, rootAttributes: Readonly<Attributes>) {
    this.options = options;
    this.root = new DirectoryInode(rootAttributes, 2);
    const dentry = new Dentry('.', this.root, this.root);
    this.directories.add(dentry);
    this.walk = new PathWalk(this);
  }

  /** Whether the target ran out of space, and may have. Ask only where a call may allocate blocks or inodes. */
  get ranOutOfSpace(): boolean {
    return !this.hasRoom && isNoSpace(this.observed);
  }

  /** The errno that the target answered, if it failed. */
  get observedErrno(): Errno | null {
    return this.observed?.ok === false ? this.observed.errno : null;
  }

  /** How many bytes the target moved, if it says so: a whole number. */
  get observedCount(): number | null {
    if (this.observed?.ok !== true) return null;
    const { value } = this.observed;
    if (value.kind === 'data') return value.bytes.length;
    return value.kind === 'count' && Number.isInteger(value.count) ? value.count : null;
  }

  /** Gives `inode` a name. Neither times nor link counts change. */
  addName(parent: DirectoryInode, name: string, inode: Inode): Dentry {
    const dentry = new Dentry(name, parent, inode);
    parent.children.set(name, dentry);
    if (inode.type === 'directory') inode.dentry = dentry;
    this.listOf(inode).add(dentry);
    return dentry;
  }

  /** Takes a name away. Neither times nor link counts change. */
  removeName(dentry: Dentry): void {
    dentry.parent.children.delete(dentry.name);
    this.listOf(dentry.inode).remove(dentry);
  }

  /** Gives a name another place. Neither times nor link counts change. */
  moveName(dentry: Dentry, parent: DirectoryInode, name: string): void {
    dentry.parent.children.delete(dentry.name);
    dentry.parent = parent;
    dentry.name = name;
    parent.children.set(name, dentry);
  }

  /** Each of two names takes the other's place. Neither times nor link counts change. */
  exchangeNames(left: Dentry, right: Dentry): void {
    const { parent, name } = left;
    left.parent = right.parent;
    left.name = right.name;
    right.parent = parent;
    right.name = name;
    left.parent.children.set(left.name, left);
    parent.children.set(name, right);
  }

  /** Contents or entries of `inode` changed: mtime and ctime become now. */
  markModified(inode: Inode): void {
    inode.mtime = this.now;
    inode.openMtimes = [];
    this.markChanged(inode);
  }

  /** Something about `inode` changed, but not its contents: ctime becomes now. */
  markChanged(inode: Inode): void {
    inode.ctime = this.now;
    inode.openCtimes = [];
  }

  /**
   * A link to `inode` failed after ctime was set in memory and before the inode was written (ext4_link). Either ctime may
   * be seen from now on: the new one while the inode stays in memory, the old one when it did not.
   */
  markChangedInMemory(inode: Inode): void {
    inode.openCtimes = [...inode.openCtimes, inode.ctime];
    inode.ctime = this.now;
  }

  /**
   * A change that failed halfway, or a store to a page that may have been writable still: every mtime and ctime since the
   * last that is certain may be seen from now on.
   */
  markModifiedPerhaps(inode: Inode): void {
    inode.openMtimes = [...inode.openMtimes, inode.mtime];
    inode.mtime = this.now;
    this.markChangedInMemory(inode);
  }

  /** Follows a target in what a call that failed halfway has left open. */
  settle(inode: Inode): void {
    const { observed } = this;
    if (observed?.ok !== true || observed.value.kind !== 'stat') return;
    this.settleTimes(inode, observed.value.stat);
    if (inode.type === 'file' && inode.openSize !== null) {
      settleSize(inode, observed.value.stat.size);
    }
  }

  /** Times that only memory knew may have been forgotten, or never have been set, each by itself. */
  private settleTimes(inode: Inode, stat: Stat): void {
    for (const [time, open] of OPEN_TIMES) {
      const old = inode[open].find((candidate) => this.sameTime(candidate, stat[time]));
      if (old === undefined) continue;
      inode[time] = old;
      inode[open] = [];
    }
  }

  /** `inode` was read or followed (touch_atime). */
  markAccessed(inode: Inode): void {
    if (this.options.atime === 'noatime' || inode.flags.noatime || this.frozen) return;
    if (compareTimes(inode.atime, this.now) === 0) return;
    const { ownClock, inodeBytes } = this.options;
    const moves = movesAtime(inode, this.now, ownClock && keepsWholeSeconds(inodeBytes));
    if (moves === 'no') return;
    inode.openAtimes = moves === 'perhaps' ? [...inode.openAtimes, inode.atime] : [];
    inode.atime = this.now;
  }

  /** What unmounting and mounting does: no descriptor survives, and no inode that lived by one. */
  closeAll(): void {
    this.frozen = false;
    this.swapFiles.clear();
    this.handles.clear();
    this.mappings.clear();
  }

  /** Whether the kernel swaps to it. */
  isSwapFile(inode: Inode): boolean {
    return inode.type === 'file' && this.swapFiles.has(inode);
  }

  private listOf(inode: Inode): NameList {
    switch (inode.type) {
      case 'file':
        return this.files;
      case 'directory':
        return this.directories;
      case 'symlink':
        return this.symlinks;
      default:
        return this.specials;
    }
  }
}

/**
 * What relatime does, whatever the times are that are open: a time that was set by hand may be later than those after it. Where
 * seconds may be shared, what was changed before it was read may show the second of the read, and the next read moves atime again.
 */
function movesAtime(inode: Inode, now: Timestamp, sharesSeconds: boolean): 'yes' | 'perhaps' | 'no' {
  const atimes = [...inode.openAtimes, inode.atime];
  const mtimes = [...inode.openMtimes, inode.mtime];
  const ctimes = [...inode.openCtimes, inode.ctime];
  const mostEasily = { atime: earliest(atimes), mtime: latest(mtimes), ctime: latest(ctimes) };
  const { atime, mtime, ctime } = mostEasily;
  const shared = sharesSeconds && (mayShareSecond(mtime, atime) || mayShareSecond(ctime, atime));
  if (!shared && !relatimeMovesAtime(mostEasily, now)) return 'no';
  const leastEasily = { atime: latest(atimes), mtime: earliest(mtimes), ctime: earliest(ctimes) };
  return relatimeMovesAtime(leastEasily, now) ? 'yes' : 'perhaps';
}

const earliest = (times: readonly Timestamp[]): Timestamp =>
  times.reduce((one, other) => (compareTimes(other, one) < 0 ? other : one));

const latest = (times: readonly Timestamp[]): Timestamp =>
  times.reduce((one, other) => (compareTimes(other, one) > 0 ? other : one));
