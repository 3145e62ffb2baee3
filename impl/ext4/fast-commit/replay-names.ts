import { Corruption } from '../../lib/corruption.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { fileTypeOfMode } from '../directory/block.ts';
import { addEntry, findEntry, initializeDirectory, removeEntry } from '../directory/directory.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { isDirectory, type Inode } from '../inode/inode.ts';
import { DELETE_CREDITS, LINK_CREDITS } from '../namespace/credits.ts';
import { addSubdirectoryLink, removeLink } from '../namespace/link-count.ts';
import type { NameChange } from './changes.ts';
import { bury } from './replay-inode.ts';
import type { ReplayState } from './replay-state.ts';

/**
 * Names as fast commits tell of them. Each says what is so afterwards, and is left out where it is so already. The kernel
 * does not count what a directory's coming and going means for its parent's links; here it counts.
 */

/** ext4_fc_replay_create: the inode was told of before. */
export function* replayCreate(state: ReplayState, inode: Inode, change: NameChange): Sleepable<void> {
  const dir = yield* directoryOf(state, change);
  if (dir === null) return;
  yield* state.update(2 * LINK_CREDITS, function* (handle) {
    if (isDirectory(inode.mode) && inode.size === 0) yield* initializeDirectory(handle, inode, dir.ino);
    const added = yield* addName(state, handle, dir, inode, change.name);
    if (added) inode.links = isDirectory(inode.mode) ? 2 : 1;
    yield* markInodeDirty(handle, inode);
  });
}

/** ext4_fc_replay_link */
export function* replayLink(state: ReplayState, inode: Inode, change: NameChange): Sleepable<void> {
  const dir = yield* directoryOf(state, change);
  if (dir === null) return;
  yield* state.update(LINK_CREDITS, function* (handle) {
    if (!(yield* addName(state, handle, dir, inode, change.name))) return;
    if (isDirectory(inode.mode)) state.spareNames.set(inode, (state.spareNames.get(inode) ?? 0) + 1);
    else inode.links++;
    yield* markInodeDirty(handle, inode);
  });
}

/** ext4_fc_replay_unlink */
export function* replayUnlink(state: ReplayState, change: NameChange): Sleepable<void> {
  const dir = yield* directoryOf(state, change);
  const inode = yield* state.inode(change.ino);
  if (dir === null || inode === null) return;
  const entry = yield* findEntry(dir, change.name);
  if (entry === null || entry.ino !== change.ino) return;
  const gone = yield* state.update(DELETE_CREDITS, function* (handle) {
    yield* removeEntry(handle, entry);
    dir.ctime = dir.mtime = state.sb.now;
    const wasLast = loseName(state, inode);
    if (isDirectory(inode.mode)) removeLink(dir);
    yield* markInodeDirty(handle, dir);
    yield* markInodeDirty(handle, inode);
    return wasLast;
  });
  if (gone) yield* bury(state, inode);
}

/** Answers whether that was its last. */
function loseName(state: ReplayState, inode: Inode): boolean {
  const spare = state.spareNames.get(inode) ?? 0;
  if (spare > 0) {
    state.spareNames.set(inode, spare - 1);
    return false;
  }
  inode.links = isDirectory(inode.mode) ? 0 : Math.max(0, inode.links - 1);
  return inode.links === 0;
}

function* directoryOf(state: ReplayState, { parentIno }: NameChange): Sleepable<Inode | null> {
  const dir = yield* state.inode(parentIno);
  if (dir === null) return null;
  if (isDirectory(dir.mode)) return dir;
  throw new Corruption('ext4_fc_dentry_info', 'fc_parent_ino', parentIno, 'a directory');
}

/** Answers whether the name is new: one that is there already stays what it is. */
function* addName(
  state: ReplayState,
  handle: Handle,
  dir: Inode,
  inode: Inode,
  name: Uint8Array,
): Sleepable<boolean> {
  const found = yield* findEntry(dir, name);
  if (found === null || found.ino === inode.ino) state.unnamed.delete(inode);
  if (found !== null) return false;
  yield* addEntry(handle, dir, name, inode.ino, fileTypeOfMode(inode.mode));
  if (isDirectory(inode.mode)) {
    addSubdirectoryLink(dir);
    yield* markInodeDirty(handle, dir);
  }
  return true;
}
