import { fadvise, readahead, syncFileRange } from './advising.ts';
import { chmod, chown, fstat, stat, utimens } from './attributing.ts';
import { isPrivileged } from './caller.ts';
import { cloneState } from './clone.ts';
import { addSubdirectory, mkdir, mknod, symlink } from './creating.ts';
import { leavesChoice } from './choices.ts';
import { copyFileRange, sendfile } from './copying.ts';
import { isEnabled } from './enabled.ts';
import { DirectoryInode } from './inode.ts';
import { getxattr, listxattr, mayNotFit, removexattr, setxattr } from './extended-attributes.ts';
import { chattr, lsattr, setProject } from './flagging.ts';
import { link, linkHandle } from './linking.ts';
import { readdir, readlink } from './listing.ts';
import { reconfigure, touchCaches, trim } from './maintaining.ts';
import type { MappingView } from './mapping.ts';
import { load, mmap, msync, munmap, store } from './mapping-calls.ts';
import type { NodeList } from './name-list.ts';
import type { HandleView } from './open-file.ts';
import { close, open } from './opening.ts';
import type { Credentials, Handle, MappingName, Operation, Outcome, Timestamp } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import type { InitialDirectory, ModelOptions } from './options.ts';
import { DONE, SPACE, failure } from './outcome.ts';
import { fallocate } from './preallocating.ts';
import { rmdir, unlink } from './removing.ts';
import { rename } from './renaming.ts';
import { bmap, fiemap } from './reporting.ts';
import { seek } from './seeking.ts';
import { State } from './state.ts';
import { pread, pwrite, read, write } from './transferring.ts';
import { treeOf } from './tree.ts';
import type { ModelTree } from './tree.ts';
import { clampTime, exactlySame } from './times.ts';
import type { SameTime } from './times.ts';
import { ftruncate, truncate } from './truncating.ts';

/**
 * What Linux answers on ext4, for a process that runs as root without a umask, with neither blocks nor caches.
 *
 * The one resource failure it follows is ENOSPC, and only where it must be possible: a file that open creates, mkdir,
 * symlink, link, rename to a name that does not exist, and a write that touches a block without a written byte. None
 * leaves a trace but two: a write that fails changes mtime and ctime, and one that may fail may move fewer bytes; a link
 * that fails changes ctime until the inode leaves memory, so that a stat may then follow the target back.
 */
export class Model {
  private readonly state: State;

  /** `state` is for clones only. */
  constructor(options: ModelOptions, state = initialState(options)) {
    this.state = state;
  }

  /** A model that goes its own way from here on. Costs a copy of every inode and name. */
  clone(): Model {
    return new Model(this.state.options, cloneState(this.state));
  }

  /**
   * What `operation` must answer at `now`; afterwards the model is in the state behind it. Where several answers are
   * permitted, `observed` says which one came. An observed answer that is not permitted is ignored. `sameTime` says whether
   * a time that was observed is one of the model's.
   */
  step(operation: Operation, now: Timestamp, observed?: Outcome, sameTime: SameTime = exactlySame): Outcome {
    this.state.sameTime = sameTime;
    this.state.now = clampTime(now, this.state.options.inodeBytes);
    this.state.observed = observed;
    return dispatch(this.state, operation);
  }

  /** As step, but where space is not what is missing: what a roomy device may answer. */
  stepWithRoom(operation: Operation, now: Timestamp, observed: Outcome): Outcome {
    this.state.hasRoom = true;
    const outcome = this.step(operation, now, observed);
    this.state.hasRoom = false;
    return outcome;
  }

  /** Whether targets may answer `operation` differently although there is room, and be in different states then. */
  leavesChoice(operation: Operation): boolean {
    return leavesChoice(this.state, operation);
  }

  /** Whether `operation` is worth trying now. What is not enabled may still be stepped, and then fails somehow. */
  enabled(operation: Operation): boolean {
    return isEnabled(this.state, operation);
  }

  /** Whether an attribute may be refused for its size although the device has room (ENOSPC). */
  mayNotFit(operation: Operation): boolean {
    return operation.op === 'setxattr' && mayNotFit(this.state, operation);
  }

  /** All that can be seen, in canonical order. */
  tree(): ModelTree {
    return treeOf(this.state.root);
  }

  /** All names of directories; the root is among them, as `.`. */
  get directories(): NodeList {
    return this.state.directories;
  }

  /** All names of regular files; a file with two names is here twice. */
  get files(): NodeList {
    return this.state.files;
  }

  get symlinks(): NodeList {
    return this.state.symlinks;
  }

  /** Fifos, sockets and devices. */
  get specials(): NodeList {
    return this.state.specials;
  }

  /** Who performs the next operation. */
  get caller(): Credentials {
    return this.state.caller;
  }

  /** Whether the caller may take the blocks that mke2fs reserved (ext4_has_free_clusters). */
  get mayUseReserve(): boolean {
    return isPrivileged(this.state.caller) && this.state.options.rootHasResources;
  }

  /** Which kinds of metadata have ever been set, or tried to. */
  get used(): { readonly xattrs: boolean; readonly flags: boolean } {
    return this.state.used;
  }

  /** The open descriptors, in the order in which they were opened. */
  get handles(): ReadonlyMap<Handle, HandleView> {
    return this.state.handles;
  }

  /** The mappings, in the order in which they were made. */
  get mappings(): ReadonlyMap<MappingName, MappingView> {
    return this.state.mappings;
  }
}

function dispatch(state: State, operation: Operation): Outcome {
  switch (operation.op) {
    case 'open':
      return open(state, operation);
    case 'close':
      return close(state, operation.handle);
    case 'truncate':
      return truncate(state, operation);
    case 'ftruncate':
      return ftruncate(state, operation);
    case 'fsync':
    case 'fdatasync':
    case 'syncfs':
      return state.handles.has(operation.handle) ? DONE : failure('EBADF');
    case 'fstat':
      return fstat(state, operation.handle);
    case 'sync':
    case 'drop-caches':
      return DONE;
    case 'remount':
      state.closeAll();
      return DONE;
    case 'statfs':
      return SPACE;
    case 'reclaim':
    case 'writeback':
      return touchCaches(state, operation.path);
    case 'trim':
      return trim(state, operation);
    case 'reconfigure':
      return reconfigure(state);
    case 'setcreds':
      state.caller = { uid: operation.uid, gid: operation.gid, groups: operation.groups };
      return DONE;
    case 'link-handle':
      return linkHandle(state, operation);
    case 'read':
    case 'pread':
    case 'write':
    case 'pwrite':
    case 'seek':
    case 'copy-file-range':
    case 'sendfile':
    case 'readahead':
    case 'fadvise':
    case 'sync-file-range':
    case 'mmap':
    case 'munmap':
    case 'load':
    case 'store':
    case 'msync':
    case 'fallocate':
    case 'fiemap':
    case 'bmap':
      return dispatchContents(state, operation);
    case 'setxattr':
    case 'getxattr':
    case 'removexattr':
    case 'listxattr':
    case 'chattr':
    case 'lsattr':
    case 'set-project':
      return dispatchMetadata(state, operation);
    default:
      return dispatchPath(state, operation);
  }
}

type ContentsOperation = OperationOf<
  | 'read'
  | 'pread'
  | 'write'
  | 'pwrite'
  | 'seek'
  | 'copy-file-range'
  | 'sendfile'
  | 'readahead'
  | 'fadvise'
  | 'sync-file-range'
  | 'mmap'
  | 'munmap'
  | 'load'
  | 'store'
  | 'msync'
  | 'fallocate'
  | 'fiemap'
  | 'bmap'
>;

function dispatchContents(state: State, operation: ContentsOperation): Outcome {
  switch (operation.op) {
    case 'read':
      return read(state, operation);
    case 'pread':
      return pread(state, operation);
    case 'write':
      return write(state, operation);
    case 'pwrite':
      return pwrite(state, operation);
    case 'seek':
      return seek(state, operation);
    case 'copy-file-range':
      return copyFileRange(state, operation);
    case 'sendfile':
      return sendfile(state, operation);
    case 'readahead':
      return readahead(state, operation);
    case 'fadvise':
      return fadvise(state, operation);
    case 'sync-file-range':
      return syncFileRange(state, operation);
    case 'mmap':
      return mmap(state, operation);
    case 'munmap':
      return munmap(state, operation);
    case 'load':
      return load(state, operation);
    case 'store':
      return store(state, operation);
    case 'msync':
      return msync(state, operation);
    case 'fallocate':
      return fallocate(state, operation);
    case 'fiemap':
      return fiemap(state, operation);
    case 'bmap':
      return bmap(state, operation);
  }
}

type NamespaceOperation = OperationOf<
  | 'mkdir'
  | 'mknod'
  | 'rmdir'
  | 'unlink'
  | 'rename'
  | 'link'
  | 'symlink'
  | 'readlink'
  | 'stat'
  | 'lstat'
  | 'readdir'
  | 'chmod'
  | 'chown'
  | 'utimens'
>;

function dispatchPath(state: State, operation: NamespaceOperation): Outcome {
  switch (operation.op) {
    case 'mkdir':
      return mkdir(state, operation);
    case 'mknod':
      return mknod(state, operation);
    case 'rmdir':
      return rmdir(state, operation.path);
    case 'unlink':
      return unlink(state, operation.path);
    case 'rename':
      return rename(state, operation);
    case 'link':
      return link(state, operation);
    case 'symlink':
      return symlink(state, operation);
    case 'readlink':
      return readlink(state, operation.path);
    case 'stat':
      return stat(state, operation.path, true);
    case 'lstat':
      return stat(state, operation.path, false);
    case 'readdir':
      return readdir(state, operation.path);
    case 'chmod':
      return chmod(state, operation);
    case 'chown':
      return chown(state, operation);
    case 'utimens':
      return utimens(state, operation);
  }
}

type MetadataOperation = OperationOf<
  'setxattr' | 'getxattr' | 'removexattr' | 'listxattr' | 'chattr' | 'lsattr' | 'set-project'
>;

function dispatchMetadata(state: State, operation: MetadataOperation): Outcome {
  switch (operation.op) {
    case 'setxattr':
      return setxattr(state, operation);
    case 'getxattr':
      return getxattr(state, operation);
    case 'removexattr':
      return removexattr(state, operation);
    case 'listxattr':
      return listxattr(state, operation);
    case 'chattr':
      return chattr(state, operation);
    case 'lsattr':
      return lsattr(state, operation.path);
    case 'set-project':
      return setProject(state, operation);
  }
}

function initialState(options: ModelOptions): State {
  const [root, ...others] = options.directories;
  if (root.path !== '.') throw new RangeError(`the first initial directory is ${root.path}, not the root`);
  const state = new State(options, root);
  for (const directory of others) addInitial(state, directory);
  return state;
}

function addInitial(state: State, directory: InitialDirectory): void {
  const error = state.walk.start(directory.path);
  const { parent, last } = state.walk;
  if (error !== null || parent.children.has(last)) {
    throw new RangeError(`the initial directory ${directory.path} cannot be made: ${error ?? 'EEXIST'}`);
  }
  state.addName(parent, last, new DirectoryInode(directory, 2));
  addSubdirectory(state, parent);
}
