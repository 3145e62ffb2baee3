import type { Operation, OperationName } from '../../model/index.ts';
import type { Setup } from '../setup.ts';
import { unperformedOf, type Unperformed } from '../unperformed.ts';
import * as attribute from './attribute-makers.ts';
import { setcreds } from './callers.ts';
import * as copy from './copy-makers.ts';
import * as data from './data-makers.ts';
import type { Maker } from './data-makers.ts';
import { deepTree, type DeepTree } from './deep-trees.ts';
import type { Dice } from './dice.ts';
import { isFairNow } from './fairness.ts';
import * as maintenance from './maintenance-makers.ts';
import * as mapping from './mapping-makers.ts';
import * as name from './name-makers.ts';
import * as node from './node-makers.ts';
import type { Pattern } from './pattern-steps.ts';
import { layOut } from './patterns.ts';
import { Scene } from './scene.ts';
import * as space from './space-makers.ts';
import { Windows } from './window.ts';

const constant =
  (op: 'sync' | 'statfs' | 'freeze' | 'remount'): Maker =>
  () => ({ op });

const makers: Readonly<Record<OperationName, Maker>> = {
  open: data.open,
  close: data.close,
  read: data.read,
  pread: data.pread,
  write: data.write,
  pwrite: data.pwrite,
  seek: data.seek,
  'copy-file-range': copy.copyFileRange,
  sendfile: copy.sendfile,
  readahead: copy.readahead,
  fadvise: copy.fadvise,
  'sync-file-range': copy.syncFileRange,
  syncfs: copy.syncfs,
  mmap: mapping.mmap,
  munmap: mapping.munmap,
  load: mapping.load,
  store: mapping.store,
  msync: mapping.msync,
  fallocate: space.fallocate,
  'move-extent': space.moveExtent,
  fiemap: space.fiemap,
  bmap: space.bmap,
  truncate: data.truncate,
  ftruncate: data.ftruncate,
  fsync: data.fsync,
  fdatasync: data.fdatasync,
  sync: constant('sync'),
  mkdir: name.mkdir,
  rmdir: name.rmdir,
  unlink: name.unlink,
  rename: name.rename,
  link: name.link,
  symlink: name.symlink,
  readlink: name.readlink,
  stat: name.stat,
  lstat: name.lstat,
  readdir: name.readdir,
  fstat: data.fstat,
  chmod: name.chmod,
  chown: name.chown,
  utimens: name.utimens,
  'link-handle': node.linkHandle,
  mknod: node.mknod,
  setxattr: attribute.setxattr,
  getxattr: attribute.getxattr,
  removexattr: attribute.removexattr,
  listxattr: attribute.listxattr,
  setcreds,
  chattr: node.chattr,
  lsattr: node.lsattr,
  'set-project': node.setProject,
  statfs: constant('statfs'),
  'drop-caches': maintenance.dropCaches,
  reclaim: maintenance.reclaim,
  writeback: maintenance.writeback,
  trim: maintenance.trim,
  mkswap: maintenance.mkswap,
  swapon: maintenance.swapon,
  swapoff: maintenance.swapoff,
  freeze: constant('freeze'),
  thaw: maintenance.thaw,
  reconfigure: maintenance.reconfigure,
  remount: constant('remount'),
};

/** How often another operation is drawn in place of one that the scene has nothing for. */
const ATTEMPTS = 6;

/** What is always possible. */
const LAST_RESORT: Operation = { op: 'stat', path: '.' };

/** Of 100 operations while a pattern is under way, how many are its own. */
const PATTERN_PERCENT = 80;

/** Draws `length` operations, behind those that make a deep tree, each in the state that those before it lead to. */
export function drawSequence(
  dice: Dice,
  setup: Setup,
  length: number,
  unperformed: Unperformed,
  deep?: DeepTree,
): Operation[] {
  const scene = new Scene(dice, setup, unperformed);
  const operations = deep === undefined ? [] : playAll(scene, deepTree(scene, deep));
  const end = operations.length + length;
  const patterns = new PatternPlayer(scene);
  const windows = new Windows(scene);
  while (operations.length < end) {
    patterns.begin(windows.move());
    const operation = patterns.next() ?? drawOperation(scene);
    operations.push(operation);
    scene.perform(operation);
  }
  return operations;
}

/** All steps of a pattern that can be played, whatever kinds this run does without. */
function playAll(scene: Scene, pattern: Pattern): Operation[] {
  return pattern.flatMap((step) => {
    const operation = step(scene);
    if (operation === null || !isPlayable(scene, operation)) return [];
    scene.perform(operation);
    return [operation];
  });
}

function drawOperation(scene: Scene): Operation {
  const kinds = scene.window?.doors ?? scene.swarm.kinds;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const operation = makers[kinds.pick(scene.dice)](scene);
    if (operation !== null && isPlayable(scene, operation)) return operation;
  }
  // Mostly the descriptors are missing, or there are too many of them.
  const operation = (scene.handleCount === 0 ? data.open : data.close)(scene);
  return operation !== null && isPlayable(scene, operation) ? operation : LAST_RESORT;
}

const isPlayable = ({ model, setup, unperformed }: Scene, operation: Operation): boolean =>
  unperformedOf(operation, unperformed) === null && isFairNow(model, operation, setup);

/** Plays one pattern at a time, with other operations between its own. */
class PatternPlayer {
  readonly #scene: Scene;
  #pattern: Pattern = [];
  #position = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** This pattern comes next, and what is left of the one before it never; without steps, nothing changes. */
  begin(pattern: Pattern): void {
    if (pattern.length === 0) return;
    this.#pattern = pattern;
    this.#position = 0;
  }

  /** The next operation of a pattern, or null when something else should come. */
  next(): Operation | null {
    const { dice, swarm } = this.#scene;
    if (this.#position >= this.#pattern.length) {
      if (swarm.patternPercent === 0 || !dice.percent(swarm.patternPercent)) return null;
      this.begin(layOut(this.#scene));
    } else if (!dice.percent(PATTERN_PERCENT)) return null;
    return this.#advance();
  }

  /** Steps of kinds that this run does without are left out, and so are those that lost their meaning. */
  #advance(): Operation | null {
    const scene = this.#scene;
    while (this.#position < this.#pattern.length) {
      const operation = this.#pattern[this.#position++]?.(scene) ?? null;
      if (operation === null || !scene.plays(operation.op)) continue;
      if (isPlayable(scene, operation)) return operation;
    }
    return null;
  }
}
