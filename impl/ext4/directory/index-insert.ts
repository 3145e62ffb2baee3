import type { BufferHead } from '../../buffer/buffer-head.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { present } from '../../lib/assert.ts';
import { fail } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { DX_NODE_COUNT_OFFSET, DX_ROOT_INFO_OFFSET, DxRootInfoLayout } from '../layout/directory-index.ts';
import { findRoom, initializeNode } from './block.ts';
import { indexLimit, indexSeal } from './index-block.ts';
import { IndexFrame } from './index-frame.ts';
import { indexLevelsMax, probe, readIndexRoot, readLeaf, type IndexPath } from './index-path.ts';
import { appendDirectoryBlock, directoryBlocks } from './io.ts';
import { splitLeaf } from './split-leaf.ts';

/**
 * The leaf of an indexed directory in which the name belongs and has room (ext4_dx_add_entry): the leaf is split when it is
 * full, and so are the blocks of the index above it. Throws BadIndex before anything has changed. Fails with ENOSPC, also
 * when the index has as many levels as it may have and no room; blocks of the index may have been split then.
 */
export function* roomInIndex(handle: Handle, dir: Inode, name: Uint8Array): Sleepable<BufferHead> {
  for (;;) {
    const root = yield* readIndexRoot(dir);
    const { major } = dir.sb.directoryHash.of(root.version, name);
    const path = yield* probe(dir, root, major);
    const leaf = yield* readLeaf(dir, path.leaf);
    if (findRoom(leaf.data, name.length) >= 0) return leaf;
    const frame = path.lowest.isFull ? yield* makeRoomInIndex(handle, dir, path) : path.lowest;
    // Where more than the lowest node was changed, the way to the leaf may be another now.
    if (frame !== null) return yield* splitLeaf(handle, dir, frame, root.version, leaf, major);
  }
}

/**
 * Makes room above a full lowest node: splits the highest full node below one that is not, or adds a level. Answers the
 * frame that leads to the leaf and has room now, or null when the way has to be found again.
 */
function* makeRoomInIndex(handle: Handle, dir: Inode, { frames }: IndexPath): Sleepable<IndexFrame | null> {
  let level = frames.length - 1;
  while (level > 0 && present(frames[level - 1], 'frame').isFull) level--;
  const frame = present(frames[level], 'frame');
  if (level === 0) {
    if (frames.length === indexLevelsMax(dir)) fail('ENOSPC');
    yield* addLevel(handle, dir, frame);
    return null;
  }
  const half = yield* splitNode(handle, dir, present(frames[level - 1], 'frame'), frame);
  return level === frames.length - 1 ? half : null;
}

function* appendNode(handle: Handle, dir: Inode): Sleepable<IndexFrame> {
  const logical = directoryBlocks(dir);
  const seal = indexSeal(dir, DX_NODE_COUNT_OFFSET);
  const buffer = yield* appendDirectoryBlock(handle, dir, seal, initializeNode);
  return new IndexFrame(buffer, logical);
}

/** The upper half of a node's entries goes to a new node. Answers the half with the entry of interest. */
function* splitNode(
  handle: Handle,
  dir: Inode,
  parent: IndexFrame,
  frame: IndexFrame,
): Sleepable<IndexFrame> {
  const upper = yield* appendNode(handle, dir);
  yield* handle.getWriteAccess(frame.buffer);
  yield* handle.getWriteAccess(parent.buffer);
  const middle = frame.count >>> 1;
  const hash = frame.hash(middle);
  frame.moveEntries(middle, upper, indexLimit(dir, upper.base));
  parent.insertAfter(hash, upper.logical);
  handle.dirtyMetadata(frame.buffer);
  handle.dirtyMetadata(parent.buffer);
  if (frame.at < middle) return frame;
  upper.at = frame.at - middle;
  return upper;
}

/** All entries of the root go to a new node, to which the root leads. */
function* addLevel(handle: Handle, dir: Inode, root: IndexFrame): Sleepable<void> {
  const node = yield* appendNode(handle, dir);
  yield* handle.getWriteAccess(root.buffer);
  const limit = indexLimit(dir, node.base);
  root.moveEntries(0, node, limit);
  root.setCounts(1, root.limit);
  root.setBlock(0, node.logical);
  DxRootInfoLayout.at(root.buffer.view, DX_ROOT_INFO_OFFSET).indirectLevels++;
  handle.dirtyMetadata(root.buffer);
}
