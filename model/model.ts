import { isPrivileged } from './caller.ts';
import { cloneState } from './clone.ts';
import { addSubdirectory } from './creating.ts';
import { leavesChoice } from './choices.ts';
import { isEnabled } from './enabled.ts';
import { DirectoryInode } from './inode.ts';
import { mayNotFit } from './extended-attributes.ts';
import { givenBackByFailure } from './giving-back.ts';
import { perform } from './handlers.ts';
import type { MappingView } from './mapping.ts';
import type { NodeList } from './name-list.ts';
import type { HandleView } from './open-file.ts';
import type { Credentials, Handle, MappingName, Operation, Outcome, Timestamp } from './operation.ts';
import type { InitialDirectory, ModelOptions } from './options.ts';
import { State } from './state.ts';
import { treeOf } from './tree.ts';
import type { ModelTree } from './tree.ts';
import { clampTime, exactlySame } from './times.ts';
import type { SameTime } from './times.ts';

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

  /** A model that goes its own way from here on, on a machine with these traits. Costs a copy of every inode and name. */
  clone(traits: Partial<ModelOptions> = {}): Model {
    const options = { ...this.state.options, ...traits };
    return new Model(options, cloneState(this.state, options));
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
    return perform(this.state, operation);
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

  /** Bytes at most that an operation gives back when it finds no space, so that there is space again afterwards. */
  givenBackByFailure(operation: Operation): number {
    return givenBackByFailure(this.state, operation);
  }

  /** All that can be seen, in canonical order. */
  tree(): ModelTree {
    return treeOf(this.state.root);
  }

  /** For whoever must know more than what can be seen: model/durability. The state is only looked at. */
  survey<T>(look: (state: State) => T): T {
    return look(this.state);
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

  /** Whether the file system is frozen. */
  get frozen(): boolean {
    return this.state.frozen;
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
